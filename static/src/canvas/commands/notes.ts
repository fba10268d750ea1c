// Actions about notes: write one, choose its colour.
import type { Action } from '../actions';
import { freePlace } from '../add';
import { picked, type Board } from '../board';
import { newId, withData, type RFNode } from '../document';
import { snap } from '../geometry';
import { noteShape } from '../layout';
import { noteColours } from '../note';

const notes = (b: Board) => picked(b).filter((i) => b.graph.note[i]);

function add(b: Board) {
  const id = newId('n_', (x) => b.store.has(x)), bare = { id, type: 'note', position: { x: 0, y: 0 }, data: { text: '', color: noteColours[0]!.id } };
  const { w, h } = noteShape(bare as RFNode), at = b.pointer();
  const position = at ? { x: snap(at.x - w / 2), y: snap(at.y - h / 2) } : freePlace(b, w, h);
  b.store.apply({ nodes: { put: [{ ...bare, position, width: w, height: h }] } }, 'Add note', { select: { nodes: [id], edges: [] } });
  b.view.reveal(b.graph.box(b.graph.at(id)));
  b.openInspector(id);
}

function colour(b: Board) {
  const items = noteColours.map((c) => ({
    name: c.name,
    perform: () => {
      const update = Object.fromEntries(notes(b).map((i) => [b.graph.nodes[i]!.id, withData(b.graph.nodes[i]!, { color: c.id })]));
      b.store.apply({ nodes: { update } }, 'Colour note');
      b.say(`${c.name}.`);
    },
  }));
  b.choose('Colour of the note', items);
}

/** notesCommands returns the actions about notes. */
export function notesCommands(): Action[] {
  return [
    { id: 'note', name: 'Add note', label: 'Add a note and write in it', group: 'Edit', keys: ['Shift+S'], menu: ['canvas'], writes: true, perform: add },
    { id: 'note-colour', name: 'Colour of the note…', label: 'Choose the colour of the note', group: 'Edit', keys: ['Shift+C'], menu: ['node'], hides: true, writes: true, enabled: (b) => notes(b).length > 0, perform: colour },
  ];
}
