import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Board } from './board';
import { describe as words } from './card';
import type { GraphDoc, RFNode } from './document';
import { frameUnder, grouping, parented, ungrouping } from './frames';
import { DocStore } from './history';
import { limitsOf, resize, sized } from './size';
import { titleOf } from './paint';
import { edge, graphOf, node } from './testkit';

const frame = (id: string, x: number, y: number, more: Record<string, unknown> = {}): RFNode => ({ id, type: 'group', position: { x, y }, width: 600, height: 400, data: { label: id }, ...more });

function board(nodes: RFNode[], edges: ReturnType<typeof edge>[] = []) {
  const store = new DocStore({ nodes, edges }), graph = graphOf(store.doc()), said: string[] = [];
  store.subscribe((n) => { if (n.kind === 'doc') graph.rebuild(store.doc()); });
  return { store, graph, said, say: (t: string) => said.push(t) } as unknown as Board & { said: string[] };
}

const order = (doc: GraphDoc) => doc.nodes.map((n) => n.id).join(' ');
const places = (b: Board, ...ids: string[]) => ids.map((id) => b.graph.at(id));

test('N18 a group stands before what is in it, which lies relative to it; undo is exact', () => {
  const b = board([node('z', 'text', 900, 900), node('a', 'text', 100, 100), node('b', 'text', 500, 300)]), before = b.store.doc();
  const made = grouping(b, places(b, 'b', 'a'))!;
  b.store.apply(made.diff, 'Group');
  assert.equal(order(b.store.doc()), `z ${made.id} a b`);
  const f = b.store.node(made.id)!, a = b.store.node('a')!;
  assert.equal(f.type, 'group');
  assert.equal(a.parentId, made.id);
  assert.deepEqual([f.position.x + a.position.x, f.position.y + a.position.y], [100, 100]);
  const box = b.graph.box(b.graph.at(made.id)), inner = b.graph.box(b.graph.at('b'));
  assert.ok(box.x0 < 100 && box.y0 <= 60 && box.x1 > inner.x1 && box.y1 > inner.y1);
  b.store.undo();
  assert.deepEqual(b.store.doc(), before);
  b.store.redo();
  assert.equal(order(b.store.doc()), `z ${made.id} a b`);
});

test('N18 groups nest, and ungrouping leaves everything where it is', () => {
  const b = board([frame('f', 0, 0), node('a', 'text', 40, 60, { parentId: 'f' }), node('b', 'text', 320, 60, { parentId: 'f' })]);
  const made = grouping(b, places(b, 'a'))!;
  b.store.apply(made.diff, 'Group');
  assert.equal(b.store.node(made.id)!.parentId, 'f');
  assert.equal(order(b.store.doc()), `f ${made.id} a b`);
  assert.deepEqual([b.graph.x[b.graph.at('a')], b.graph.y[b.graph.at('a')]], [40, 60]);
  const un = ungrouping(b.graph, places(b, 'f', made.id));
  b.store.apply(un.diff, 'Ungroup');
  assert.deepEqual(un.ids.sort(), ['a', 'b']);
  assert.equal(order(b.store.doc()), 'a b');
  assert.equal('parentId' in b.store.node('a')!, false);
  assert.deepEqual([b.graph.x[b.graph.at('a')], b.graph.y[b.graph.at('b')]], [40, 60]);
});

test('N18 dropped in a frame a step belongs to it, dropped beside it not any more', () => {
  const b = board([node('a', 'text', 100, 100), frame('out', 0, 0), frame('in', 50, 60, { parentId: 'out', width: 500, height: 300 })]);
  const under = frameUnder(b.graph, [0, 1, 2], { x: 120, y: 120 }, new Set([0]));
  assert.equal(b.graph.nodes[under]!.id, 'in');
  const taken = parented(b, places(b, 'a'), under)!;
  b.store.apply({ nodes: taken }, 'Move');
  assert.equal(order(b.store.doc()), 'out in a');
  assert.deepEqual(b.store.node('a')!.position, { x: 50, y: 40 });
  assert.equal(parented(b, places(b, 'a'), b.graph.at('in')), null);
  b.store.apply({ nodes: parented(b, places(b, 'a'), -1)! }, 'Move');
  assert.deepEqual(b.store.node('a')!.position, { x: 100, y: 100 });
  assert.equal('parentId' in b.store.node('a')!, false);
  b.store.undo();
  b.store.undo();
  assert.equal(order(b.store.doc()), 'a out in');
  assert.equal(b.store.node('in')!.width, 500);
});

test('N18 a frame that takes in what is larger grows and moves ahead in one step', () => {
  const b = board([node('a', 'text', 500, 350), node('z', 'text', 900, 0), frame('f', 0, 0)]), before = b.store.doc();
  b.store.apply({ nodes: parented(b, places(b, 'a'), b.graph.at('f'))! }, 'Move');
  assert.equal(order(b.store.doc()), 'f a z');
  const f = b.store.node('f')!, box = b.graph.box(b.graph.at('a'));
  assert.ok(f.width! >= box.x1 + 20 && f.height! >= box.y1 + 20 && f.width! < box.x1 + 60);
  const after = b.store.doc();
  b.store.undo();
  assert.deepEqual(b.store.doc(), before);
  b.store.redo();
  assert.deepEqual(b.store.doc(), after);
});

test('N18 a collapsed frame hides what is in it, and edges end at the frame', () => {
  const nodes = [frame('f', 0, 0, { data: { label: 'F', collapsed: true } }), node('a', 'text', 40, 60, { parentId: 'f' }), node('b', 'debug', 40, 200, { parentId: 'f' }), node('c', 'debug', 900, 0)];
  const b = board(nodes, [edge('ab', 'a', 'b'), edge('ac', 'a', 'c')]), g = b.graph;
  assert.deepEqual([...g.shell], [-1, 0, 0, -1]);
  assert.equal(g.h[0], 40);
  assert.equal(g.shown(g.edgeAt('ab')), false);
  assert.equal(g.shown(g.edgeAt('ac')), true);
  assert.deepEqual(g.from(g.edgeAt('ac')), { x: 600, y: 20 });
  assert.equal(frameUnder(g, [0], { x: 10, y: 10 }, new Set()), -1);
  g.patch(['f'], () => ({ ...nodes[0]!, data: { label: 'F' } }));
  assert.deepEqual([...g.shell], [-1, -1, -1, -1]);
});

test('N17 a collapsed step is its header, and all its ports are there', () => {
  const b = board([node('a', 'text', 0, 0), node('l', 'llm', 400, 0, { data: { label: 'l', collapsed: true } })], [edge('e', 'a', 'l', null, 'system')]), g = b.graph;
  assert.equal(g.h[1], 40);
  assert.deepEqual(g.to(0), { x: 400, y: 20 });
  assert.deepEqual(g.portAt(1, 'out', 1), { x: 656, y: 20 });
  assert.match(words(g, 1, undefined), /collapsed.*system connected/);
});

test('N16 sizes keep to the limits of what is resized', () => {
  const b = board([node('t', 'text'), node('d', 'debug'), frame('f', 0, 0), node('in', 'debug', 300, 200, { parentId: 'f' }), { id: 'n', type: 'note', position: { x: 0, y: 0 }, data: {} }]), g = b.graph;
  assert.deepEqual(sized(g, g.at('t'), 10, 10), { width: 200, height: g.h[0] });
  assert.deepEqual(sized(g, g.at('t'), 5000, 400), { width: 960, height: 400 });
  assert.deepEqual(sized(g, g.at('d'), 300, 900), { width: 300 });
  assert.deepEqual(sized(g, g.at('f'), 10, 10), { width: 566, height: 200 + g.h[g.at('in')]! + 10 });
  assert.deepEqual(sized(g, g.at('n'), 10, 10), { width: 120, height: 60 });
  assert.equal(limitsOf(graphOf({ nodes: [node('c', 'text', 0, 0, { data: { collapsed: true } })], edges: [] }), 0), null);
  const before = b.graph.preview[0]!;
  resize(b, [0], 20, 0);
  resize(b, [0], 0, 40);
  assert.equal(b.store.node('t')!.width, 280);
  assert.ok(b.graph.preview[0]! > before);
  b.store.undo();
  assert.equal('width' in b.store.node('t')!, false);
});

test('N14 N15 N19 what a card is, is said in words', () => {
  const b = board([node('off', 'text', 0, 0, { data: { label: 'Off', disabled: true } }), node('pin', 'text', 0, 0, { data: { label: 'Pin', pinned: { text: 'x' } } }), { id: 'n', type: 'note', position: { x: 0, y: 0 }, data: { text: '## *Why* it is so\nmore', color: 'blue' } }]);
  assert.equal(titleOf(b.graph.nodes[0]!), 'Off (disabled)');
  assert.equal(titleOf(b.graph.nodes[1]!), 'Pin (pinned)');
  assert.match(words(b.graph, 0, undefined), /^Off, Text, disabled/);
  assert.match(words(b.graph, 1, undefined), /^Pin, Text, output pinned/);
  assert.equal(words(b.graph, 2, undefined), 'Why it is so, Note, blue, 3 of 3');
});
