// The actions that add steps and find them.
import type { Action } from '../actions';

/** addingCommands returns the actions of adding and finding. */
export function addingCommands(): Action[] {
  return [
    { id: 'pick', name: 'Add a step…', label: 'Search the steps and add one, connected to the selected step', group: 'Edit', keys: ['/', 'N'], menu: ['canvas', 'node'], writes: true, perform: (b) => b.openPicker(null, null) },
    { id: 'find', name: 'Find…', label: 'Find a step by its name, kind or text', group: 'View', keys: ['Mod+F'], menu: ['canvas'], everywhere: true, enabled: (b) => b.graph.nodes.length > 0, perform: (b) => b.openFind() },
    { id: 'settings', name: 'Editor settings…', label: 'Change the wheel and the keys', group: 'View', keys: ['Mod+,'], menu: ['canvas'], everywhere: true, perform: (b) => b.openSettings() },
  ];
}
