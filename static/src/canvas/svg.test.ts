import assert from 'node:assert/strict';
import test from 'node:test';
import { escaped, fitted, lines, picturesOf, svgOf } from './svg';
import { edge, graphOf, node } from './testkit';
import type { Theme } from './theme';
import { TYPES } from './graph';

const theme = { canvas: '#eee', surface: '#fff', sunken: '#ddd', border: '#888', text: '#000', muted: '#444', edge: '#777', selected: '#00f', danger: '#f00', font: '"A", sans', types: TYPES.map((_, i) => `#00000${i}`), status: {} } as unknown as Theme;

test('every step and connection is painted, nothing of a text is markup', () => {
  const g = graphOf({ nodes: [node('a', 'text', 0, 0, { data: { label: '<script>alert(1)</script> & "x"', text: 'one </svg> two' } }), node('b', 'debug', 400, 0), node('f', 'group', -20, -60, { width: 800, height: 400 })], edges: [edge('e', 'a', 'b')] });
  const { text, width, height } = svgOf(g, theme, new Map(), 'My <graph>');
  assert.ok(!text.includes('<script') && text.split('</svg>').length === 2);
  assert.ok(text.includes('&lt;script&gt;alert') && text.includes('<title>My &lt;graph&gt;</title>'));
  assert.equal(text.split('<g>').length - 1, 2);
  assert.ok(text.includes(`M256 ${Math.round(g.from(0).y * 100) / 100}C`), 'the connection starts at the port');
  assert.ok(width >= 800 && height >= 400);
});

test('pictures are put in by their address', () => {
  const g = graphOf({ nodes: [node('i', 'image', 0, 0, { data: { label: 'I', file: { $file: 'file_abc', name: 'x.png' } } })], edges: [] });
  assert.deepEqual(picturesOf(g), ['/api/files/file_abc']);
  assert.ok(svgOf(g, theme, new Map([['/api/files/file_abc', 'data:image/png;base64,AAAA']]), 'x').text.includes('<image href="data:image/png;base64,AAAA"'));
  assert.ok(!svgOf(g, theme, new Map(), 'x').text.includes('<image'));
});

test('an empty graph is a small picture', () => {
  const { text, width } = svgOf(graphOf({ nodes: [], edges: [] }), theme, new Map(), '');
  assert.ok(width > 0 && text.startsWith('<svg'));
});

test('lines are cut and broken at words', () => {
  assert.equal(fitted('short', 12, 200), 'short');
  assert.equal([...fitted('x'.repeat(100), 10, 55)].length, 10);
  assert.deepEqual(lines('one two three four', 10, 55, 3), ['one two', 'three four']);
  const cut = lines('one two three four five six seven eight', 10, 55, 2);
  assert.equal(cut.length, 2);
  assert.ok(cut[1]!.endsWith('…'));
  assert.equal(escaped('a\u0000b<'), 'ab&lt;');
});
