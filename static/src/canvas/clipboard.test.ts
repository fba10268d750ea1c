import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { clip, insertion, parse, text } from './clipboard';
import { newId, withData, type GraphDoc } from './document';
import { DocStore } from './history';
import { edge, graphOf, node, specs } from './testkit';
import { Graph } from './graph';
import { movement } from './tools/drag';

test('a copy has new ids, keeps inner edges and everything else', () => {
  const doc: GraphDoc = { nodes: [node('a', 'text', 10, 20, { custom: { deep: [1, null] } }), node('b', 'llm', 300, 20), node('c', 'debug')], edges: [{ ...edge('e1', 'a', 'b', 'text', 'prompt'), animated: true }, edge('e2', 'b', 'c')] };
  const c = clip(graphOf(doc), { nodes: ['b', 'a'], edges: [] })!;
  assert.deepEqual(c.nodes.map((n) => n.id), ['a', 'b'], 'in document order');
  const { diff, select } = insertion(parse(text(c))!, { x: 24, y: 24 }, (id) => ['a', 'b', 'c'].includes(id));
  const [a, b] = diff.nodes!.put!, [e] = diff.edges!.put!;
  assert.deepEqual({ ...a, id: 'a', position: { x: 10, y: 20 } }, doc.nodes[0]);
  assert.deepEqual(a!.position, { x: 34, y: 44 });
  assert.deepEqual(e, { ...doc.edges[0], id: e!.id, source: a!.id, target: b!.id });
  assert.equal(new Set([a!.id, b!.id, e!.id, 'a', 'b', 'e1']).size, 6);
  assert.deepEqual(select.nodes, [a!.id, b!.id]);
  assert.equal(diff.edges!.put!.length, 1);
});

test('edges that led in are kept when asked for and their source is here', () => {
  const doc: GraphDoc = { nodes: [node('a', 'text'), node('b', 'llm', 300)], edges: [{ ...edge('e1', 'a', 'b', 'text', 'prompt'), animated: true }] };
  const c = parse(text(clip(graphOf(doc), { nodes: ['b'], edges: [] })!))!, taken = (id: string) => ['a', 'b', 'e1'].includes(id);
  const plain = insertion(c, { x: 0, y: 0 }, taken), kept = insertion(c, { x: 0, y: 0 }, taken, (id) => id === 'a'), elsewhere = insertion(c, { x: 0, y: 0 }, taken, () => false);
  assert.deepEqual([plain.diff.edges!.put, elsewhere.diff.edges!.put], [[], []]);
  const [e] = kept.diff.edges!.put!;
  assert.deepEqual(e, { ...doc.edges[0], id: e!.id, target: kept.diff.nodes!.put![0]!.id });
  assert.notEqual(e!.id, 'e1');
});

test('a frame takes its children along; a child alone is freed', () => {
  const doc: GraphDoc = { nodes: [node('f', 'group', 100, 100), node('c', 'text', 10, 10, { parentId: 'f', extent: 'parent' })], edges: [] };
  const g = graphOf(doc), whole = insertion(clip(g, { nodes: ['f'], edges: [] })!, { x: 5, y: 5 }, () => false);
  const [f, c] = whole.diff.nodes!.put!;
  assert.equal(c!.parentId, f!.id);
  assert.deepEqual(c!.position, { x: 10, y: 10 });
  assert.deepEqual(whole.select.nodes, [f!.id]);
  const alone = clip(g, { nodes: ['c'], edges: [] })!.nodes[0]!;
  assert.deepEqual(alone, { ...node('c', 'text', 110, 110) });
});

test('other text is not a graph', () => {
  for (const t of ['', 'hello', '{', '{}', '[1]', '{"nodes":[]}', '{"nodes":[{"x":1}]}', '{"nodes":"a"}']) assert.equal(parse(t), null, t);
  assert.equal(parse('{"data":{"nodes":[{"id":"a","position":{"x":1,"y":2}}],"edges":[{}]}}')!.nodes.length, 1, 'Langflow wraps it');
  assert.equal(clip(graphOf({ nodes: [], edges: [] }), { nodes: ['x'], edges: [] }), null);
});

test('ids are new', () => {
  let asked = 0;
  assert.match(newId('n_', () => asked++ < 3), /^n_[0-9a-z]{8}$/);
  assert.equal(asked, 4);
});

const graphs = '/work/shared/graphs';
const files = existsSync(graphs) ? ['flowise', 'langflow'].flatMap((d) => readdirSync(`${graphs}/${d}`).map((f) => `${graphs}/${d}/${f}`)) : [];

test('documents of other tools survive loading, editing and undo untouched', { skip: files.length ? false : `no documents in ${graphs}` }, () => {
  for (const file of files) {
    const raw = JSON.parse(readFileSync(file, 'utf8')) as { nodes?: unknown; data?: GraphDoc };
    const doc = (raw.nodes ? raw : raw.data) as GraphDoc, before = JSON.stringify(doc);
    const store = new DocStore(doc), g = new Graph(store.doc(), specs);
    assert.equal(JSON.stringify({ ...doc, ...store.doc() }), before, file);
    assert.ok(g.edges.every((_, k) => g.drawn(k)), `${file}: every edge has its ports`);
    g.place(0, g.x[0]! + 40, g.y[0]!);
    const first = g.nodes[0]!;
    store.apply({ nodes: { update: movement(g, [0]) } }, 'Move');
    store.apply({ nodes: { update: { [first.id]: withData(first, { label: 'Renamed' }) } } }, 'Rename');
    store.apply({ nodes: { remove: [g.nodes.at(-1)!.id] }, edges: { remove: store.doc().edges.slice(0, 1).map((e) => e.id) } }, 'Delete');
    const untouched = store.doc().nodes.slice(1);
    assert.ok(untouched.every((n) => doc.nodes.includes(n)), `${file}: untouched records are the very same`);
    while (store.undo());
    assert.equal(JSON.stringify({ ...doc, ...store.doc() }), before, file);
  }
});
