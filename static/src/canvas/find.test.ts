import assert from 'node:assert/strict';
import test from 'node:test';
import { matches, textOf } from './find';
import { graphOf, node, specs } from './testkit';

const doc = {
  nodes: [
    node('a', 'text', 0, 0, { data: { label: 'Notes', text: 'Buy a red bicycle' } }),
    node('b', 'llm', 0, 0, { data: { label: 'Writer', prompt: 'Summarise {{notes}}', options: { deep: ['Kept in a list'], n: 42 } } }),
    node('c', 'image', 0, 0, { data: { label: 'Photo', url: 'data:image/png;base64,redredred' } }),
  ],
  edges: [],
};

test('find looks at name, kind and the text of fields, also deep ones', () => {
  const found = (q: string) => matches({ graph: graphOf(doc) }, q);
  assert.deepEqual(found('photo'), [2]);
  assert.deepEqual(found('LLM'), [1]);
  assert.deepEqual(found('red'), [0], 'not the letters of a picture');
  assert.deepEqual(found('kept LIST'), [1]);
  assert.deepEqual(found('42'), [1]);
  assert.deepEqual(found('notes'), [0, 1]);
  assert.deepEqual(found('  '), []);
  assert.deepEqual(found('zebra'), []);
  assert.ok(textOf(doc.nodes[0]!, specs[0]).includes('Notes'));
});
