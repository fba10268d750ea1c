// The actions of the page around the canvas. They join the canvas's table, so that
// menus, the palette and the sheet of shortcuts know them too.
import type { Action } from '../canvas/main';

/** What the actions do. */
export interface CommandsEnv { save(): void; palette(): void; png(): void; svg(): void; json(): void; hasSteps(): boolean }

/** editorCommands returns the actions of the page. */
export function editorCommands(env: CommandsEnv): Action[] {
  const group = 'Workflow' as const;
  return [
    { id: 'palette', name: 'Command palette…', label: 'Do anything, or go to a step or a workflow', group, keys: ['Mod+K'], menu: ['canvas'], everywhere: true, perform: () => env.palette() },
    { id: 'save', name: 'Save', label: 'Save now', group, keys: ['Mod+S'], perform: () => env.save() },
    { id: 'export-png', name: 'Export as PNG', label: 'Save a picture that can be dropped back', group, keys: [], menu: ['canvas'], enabled: () => env.hasSteps(), perform: () => env.png() },
    { id: 'export-svg', name: 'Export as SVG', label: 'Save a picture for print', group, keys: [], menu: ['canvas'], enabled: () => env.hasSteps(), perform: () => env.svg() },
    { id: 'export-json', name: 'Export as JSON', label: 'Save the workflow as a file', group, keys: [], perform: () => env.json() },
  ];
}
