// What a note is: its colours and its text.
import { dataOf, type RFNode } from './document';
import type { Look } from './status';

/** A colour of notes: its name in the document, what people call it, and the state whose tokens it uses. */
export interface NoteColour { id: string; name: string; look: Look }

/** The colours of notes, the first is that of a new one. */
export const noteColours: readonly NoteColour[] = [
  { id: 'yellow', name: 'Yellow', look: 'waiting' },
  { id: 'green', name: 'Green', look: 'success' },
  { id: 'blue', name: 'Blue', look: 'running' },
  { id: 'purple', name: 'Purple', look: 'queued' },
  { id: 'red', name: 'Red', look: 'failed' },
  { id: 'grey', name: 'Grey', look: 'skipped' },
];

/** noteColour returns the colour of a note. */
export function noteColour(node: RFNode): NoteColour {
  return noteColours.find((c) => c.id === dataOf(node).color) ?? noteColours[0]!;
}

/** noteText returns the text of a note. */
export function noteText(node: RFNode): string {
  const { text } = dataOf(node);
  return typeof text === 'string' ? text : '';
}
