import assert from 'node:assert/strict';
import test from 'node:test';
import type { Board } from './board';
import { touches } from './geometry';
import { Graph } from './graph';
import { DocStore } from './history';
import { add, imageAddress, itemOf, LONGEST_TEXT, type Item } from './material';
import { edge, node, specs } from './testkit';

function board(doc = { nodes: [node('old', 'text', 300, 0)], edges: [] as ReturnType<typeof edge>[] }) {
  const store = new DocStore(doc), graph = new Graph(store.doc(), specs);
  store.subscribe((n) => { if (n.kind === 'doc') graph.rebuild(store.doc()); });
  const said: string[] = [];
  const view = { raise: () => {}, reveal: () => {}, fit: () => {}, tip: () => {}, cam: { seen: () => ({ x0: 0, y0: 0, x1: 800, y1: 600 }) } };
  return { b: { store, graph, specs, view, say: (t: string) => said.push(t), pointer: () => null } as unknown as Board, store, graph, said };
}

test('only addresses of pictures are taken as pictures', () => {
  assert.equal(imageAddress(' https://example.com/a/cat.JPG?w=3 '), 'https://example.com/a/cat.JPG?w=3');
  assert.equal(imageAddress('data:image/png;base64,AAAA'), 'data:image/png;base64,AAAA');
  for (const no of ['http://example.com/cat.png', 'https://example.com/page', 'https://u:p@example.com/c.png', 'see https://example.com/c.png', 'data:text/html;base64,AAAA', 'javascript:alert(1)//.png']) assert.equal(imageAddress(no), null, no);
});

test('texts become text steps, too long ones do not', () => {
  assert.deepEqual(itemOf('a\r\nb', 'Notes'), { kind: 'text', name: 'Notes', data: { text: 'a\nb' } });
  assert.equal(typeof itemOf('x'.repeat(LONGEST_TEXT)), 'object');
  assert.match(itemOf('ä'.repeat(LONGEST_TEXT / 2 + 1)) as string, /256 KiB/);
  assert.match(itemOf(' \n') as string, /no text/);
});

test('several are laid out without overlap, the first at the point, as one undo step', () => {
  const { b, store, graph, said } = board();
  const items: Item[] = Array.from({ length: 7 }, (_, n) => ({ kind: n % 2 ? 'image' : 'text', name: `F${n}`, data: {} }));
  items.push({ clip: { nodes: [node('x', 'text', 5000, 5000), node('y', 'debug', 5400, 5000)], edges: [edge('e', 'x', 'y')] } });
  add(b, items, { x: 228, y: 20 });
  assert.equal(graph.nodes.length, 10);
  assert.deepEqual([graph.x[1], graph.y[1]], [100, 0]);
  const boxes = graph.nodes.map((_, i) => graph.box(i)).slice(2);
  boxes.push(graph.box(0));
  boxes.forEach((one, i) => boxes.slice(i + 1).forEach((other) => assert.ok(!touches(one, other), `${i}`)));
  assert.equal(graph.edges.length, 1);
  assert.equal(store.selection().nodes.length, 9);
  assert.deepEqual(said, ['9 steps added.']);
  store.undo();
  assert.equal(graph.nodes.length, 1);
});
