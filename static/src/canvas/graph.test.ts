import assert from 'node:assert/strict';
import test from 'node:test';
import { Checker, connection, mismatch, nearestPort } from './connect';
import { edgeAt, nodeAt } from './hit';
import { HEAD, GAP, ROW } from './layout';
import { DocStore } from './history';
import { edge, graphOf, node, specs } from './testkit';
import { accepts, inputsFor, names, outputsFor, type PortType } from './spec';

const chain = () => graphOf({
  nodes: [node('t', 'text', 0, 0), node('i', 'image', 0, 300), node('l', 'llm', 400, 0, { data: { prompt: 'About {{topic}} and {{topic}}, {{ tone }}' } }), node('d', 'debug', 800, 0), node('odd', 'other', 1200, 0)],
  edges: [edge('e1', 't', 'l', null, 'topic'), edge('e2', 'l', 'd', 'text', 'in'), edge('e3', 'd', 'odd', 'out', 'weird'), edge('lost', 't', 'nowhere')],
});

test('ports: fixed, by template, guessed from edges', () => {
  const g = chain();
  assert.deepEqual(g.ports(2, 'in').map((p) => p.name), ['prompt', 'system', 'images', 'topic', 'tone']);
  assert.deepEqual(g.ports(4, 'in').map((p) => [p.name, p.guessed]), [['weird', true]]);
  assert.equal(g.tp[0], 3);
  assert.equal(g.drawn(3), false);
  assert.deepEqual(g.portAt(2, 'in', 0), { x: 400, y: HEAD + GAP + ROW / 2 });
  assert.equal(g.portAt(0, 'out', 0).x, 256);
});

test('an edge whose port went away keeps a port', () => {
  const g = graphOf({ nodes: [node('t', 'text'), node('l', 'llm', 400, 0, { data: { prompt: '' } })], edges: [edge('e', 't', 'l', 'text', 'topic')] });
  assert.deepEqual(g.ports(1, 'in').at(-1), { name: 'topic', label: 'topic', type: 'any', guessed: true, multiple: true });
});

test('children lie relative to their frame, and move with it', () => {
  const g = graphOf({ nodes: [node('f', 'group', 100, 50, { width: 600, height: 400 }), node('c', 'text', 10, 20, { parentId: 'f' }), node('x', 'text', 0, 0, { parentId: 'x' })], edges: [] });
  assert.deepEqual([g.x[1], g.y[1], g.frame[0], g.depth[1]], [110, 70, 1, 1]);
  g.place(0, 200, 50);
  assert.equal(g.x[1], 210);
  assert.deepEqual(g.origin(1), { x: 200, y: 50 });
  assert.equal(g.parent[2], -1, 'a node cannot be inside itself');
});

test('parents that form a circle are no parents', () => {
  const g = graphOf({ nodes: [node('a', 'text', 1, 1, { parentId: 'b' }), node('b', 'text', 2, 2, { parentId: 'a' })], edges: [] });
  assert.ok(g.parent[0] === -1 || g.parent[1] === -1);
  assert.ok(Number.isFinite(g.x[0]!) && Number.isFinite(g.x[1]!));
});

test('patch takes over moves and new templates', () => {
  const g = chain(), moved = { ...g.nodes[2]!, position: { x: 1, y: 2 }, data: { prompt: '{{a}}' } };
  g.patch(['l'], () => moved);
  assert.deepEqual(g.ports(2, 'in').map((p) => p.name), ['prompt', 'system', 'images', 'a', 'topic']);
  assert.equal(g.x[2], 1);
  assert.equal(g.tp[0], 4);
});

test('refusals say why', () => {
  const g = chain(), from = (node: number, side: 'in' | 'out', port = 0) => new Checker(g, { node, side, port });
  assert.equal(from(1, 'out').refusal({ node: 2, side: 'in', port: 0 }), 'An image output cannot feed a text input');
  assert.equal(from(3, 'out').refusal({ node: 2, side: 'in', port: 0 }), 'That would make a loop');
  assert.equal(from(2, 'in').refusal({ node: 3, side: 'out', port: 0 }), 'That would make a loop');
  assert.equal(from(2, 'out').refusal({ node: 2, side: 'in', port: 0 }), 'A step cannot feed itself');
  assert.equal(from(2, 'out').refusal({ node: 3, side: 'in', port: 0 }), 'These are already connected');
  assert.equal(from(2, 'out').refusal({ node: 0, side: 'out', port: 0 }), 'Two outputs cannot be connected');
  assert.equal(from(0, 'out').refusal({ node: 2, side: 'in', port: 0 }), null);
  assert.equal(mismatch({ name: 'a', label: 'a', type: 'text' }, { name: 'b', label: 'b', type: 'image' }), 'A text output cannot feed an image input');
});

test('a moving edge does not stand in its own way', () => {
  const g = chain();
  assert.equal(new Checker(g, { node: 3, side: 'in', port: 0 }, 1).refusal({ node: 2, side: 'out', port: 0 }), null);
});

test('dropping on a body takes the first free input that fits', () => {
  const g = chain();
  assert.deepEqual(new Checker(g, { node: 1, side: 'out', port: 0 }).best(2), { node: 2, side: 'in', port: 2 });
  assert.equal(new Checker(g, { node: 1, side: 'out', port: 0 }).best(0), 'This step has no inputs');
  assert.match(String(new Checker(g, { node: 0, side: 'out', port: 0 }).best(3)), /taken/);
});

test('a single input replaces its edge in one step, a multiple one does not', () => {
  const g = chain(), taken = () => false;
  const into = connection(g, { node: 0, side: 'out', port: 0 }, { node: 3, side: 'in', port: 0 }, taken);
  assert.deepEqual(into.edges!.remove, ['e2']);
  assert.deepEqual(Object.keys(into.edges!.put![0]!).sort(), ['id', 'source', 'sourceHandle', 'target', 'targetHandle']);
  assert.deepEqual(connection(g, { node: 1, side: 'out', port: 0 }, { node: 2, side: 'in', port: 2 }, taken).edges!.remove, []);
  const store = new DocStore({ nodes: g.nodes, edges: g.edges.map((e) => ({ ...e, keep: 1 })) });
  store.apply(connection(g, { node: 2, side: 'out', port: 1 }, { node: 3, side: 'in', port: 0 }, taken, 1), 'Reconnect');
  assert.deepEqual(store.edge('e2'), { ...edge('e2', 'l', 'd', 'json', 'in'), keep: 1 });
});

test('hit tests', () => {
  const g = chain(), all = [...g.nodes.keys()];
  assert.equal(nodeAt(g, all, { x: 410, y: 10 }, (i) => i), 2);
  assert.equal(nodeAt(g, all, { x: 300, y: 10 }, (i) => i), -1);
  const a = g.from(1), b = g.to(1);
  assert.equal(edgeAt(g, [0, 1, 2, 3], { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, 8)?.edge, 1);
  assert.equal(edgeAt(g, [0, 1, 2, 3], { x: 700, y: 900 }, 8), null);
  assert.deepEqual(nearestPort(g, all, { x: 398, y: 62 }, 20, () => true), { node: 2, side: 'in', port: 0 });
  assert.equal(nearestPort(g, all, { x: 398, y: 62 }, 20, () => false), null);
});

test('reach', () => {
  const g = chain();
  assert.deepEqual([...g.reach(2, false)].sort(), [2, 3, 4]);
  assert.deepEqual([...g.reach(2, true)].sort(), [0, 2]);
  assert.deepEqual([...g.reach(2, false, 1)], [2]);
});

test('template names, as internal/node/template.go reads them', () => {
  const table: [string, string[]][] = [
    ['', []], ['plain', []], ['{{a}} {{b}} {{a}}', ['a', 'b']], ['{{ spaced\t}}', ['spaced']], ['{{}}', []], ['{{a b}}', []],
    ['{{{a}}}', ['a']], ['{{x{{y}}', ['y']], ['{{open', []], ['{{a}', []], ['{{größe.x-1_2}}', ['größe.x-1_2']],
    [`{{${'a'.repeat(64)}}}`, ['a'.repeat(64)]], [`{{${'a'.repeat(65)}}}`, []], [`{{${'é'.repeat(33)}}}`, []], ['{{\u00a0a\u0085}}', ['a']], ['{{a\n}}', ['a']], ['{{a/b}}', []],
  ];
  for (const [text, want] of table) assert.deepEqual(names(text), want, text);
});

test('dynamic ports and the error port', () => {
  const llm = specs.find((s) => s.type === 'llm')!;
  assert.equal(inputsFor(llm, undefined).length, 3);
  assert.equal(inputsFor(llm, []).length, 3);
  assert.deepEqual(inputsFor(llm, { prompt: '{{system}} {{x}}' }).map((p) => p.name), ['prompt', 'system', 'images', 'x']);
  assert.deepEqual(outputsFor(llm, { onError: 'port' }).map((p) => p.name), ['text', 'json', 'error']);
  assert.equal(outputsFor(llm, { onError: 'fail' }).length, 2);
});

test('listed names are ports, as internal/node/port.go reads them', () => {
  const kind = { ...specs.find((s) => s.type === 'llm')!, inputs: [{ name: 'own', label: 'Own', type: 'text' as const }], outputs: [{ name: 'default', label: 'Else', type: 'any' as const }] };
  const spec = { ...kind, fields: [{ key: 'inputs', label: 'Inputs', widget: 'text', ports: 'in' as const, default: 'value' }, { key: 'cases', label: 'Cases', widget: 'textarea', ports: 'out' as const }] };
  const table: [Record<string, unknown> | undefined, string, string][] = [
    [undefined, 'own value', 'default'],
    [{}, 'own value', 'default'],
    [{ inputs: null }, 'own value', 'default'],
    [{ inputs: '', cases: '' }, 'own', 'default'],
    [{ inputs: ' a, b\n,a\n\u00a0c\u0085', cases: 'red\ngreen' }, 'own a b c', 'red green default'],
    [{ inputs: ['x', 5, 'y,z'], cases: ['one two', 'one two'] }, 'own x y,z', 'one two default'],
    [{ inputs: 'own,cases,inputs', cases: 'default' }, 'own', 'default'],
    [{ inputs: 5, cases: true }, 'own', 'default'],
    [{ inputs: 'é'.repeat(33), cases: 'é'.repeat(32) }, 'own', `${'é'.repeat(32)} default`],
  ];
  for (const [data, ins, outs] of table) {
    assert.equal(inputsFor(spec, data).map((p) => p.name).join(' '), ins, JSON.stringify(data));
    assert.equal(outputsFor(spec, data).map((p) => p.name).join(' '), outs, JSON.stringify(data));
  }
  assert.equal(inputsFor(spec, { inputs: Array.from({ length: 70 }, (_, i) => `n${i}`).join() }).length, 65);
  assert.deepEqual(outputsFor(spec, { cases: 'a', onError: 'port' }).map((p) => p.name), ['a', 'default', 'error']);
});

test('which type goes into which, row by row as Type.Accepts', () => {
  const types: PortType[] = ['text', 'number', 'boolean', 'image', 'file', 'json', 'list', 'any'];
  const want: Record<string, string> = { text: '11100111', number: '01000001', boolean: '00100001', image: '00010001', file: '00011001', json: '11111111', list: '11111111', any: '11111111' };
  for (const to of types) assert.equal(types.map((from) => (accepts(to, from) ? 1 : 0)).join(''), want[to], to);
});
