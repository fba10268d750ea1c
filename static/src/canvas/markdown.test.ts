import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocks, inlines, safe } from './markdown';

const text = (t: string) => ({ kind: 'text', text: t });

test('N19 headings, paragraphs, lists and code are told apart', () => {
  assert.deepEqual(blocks('# Why\nfirst\nsecond\n\n- a\n- b\n1. c\n```\n# no\n```\nend'), [
    { kind: 'heading', level: 1, inner: [text('Why')] },
    { kind: 'paragraph', inner: [text('first\nsecond')] },
    { kind: 'list', ordered: false, items: [[text('a')], [text('b')]] },
    { kind: 'list', ordered: true, items: [[text('c')]] },
    { kind: 'code', text: '# no' },
    { kind: 'paragraph', inner: [text('end')] },
  ]);
});

test('N19 marks nest, and what is in code stays as it is', () => {
  assert.deepEqual(inlines('a **b *c* d** `*e*` f'), [
    text('a '), { kind: 'strong', inner: [text('b '), { kind: 'em', inner: [text('c')] }, text(' d')] }, text(' '), { kind: 'code', text: '*e*' }, text(' f'),
  ]);
  assert.deepEqual(inlines('snake_case_name and 2 * 3 * 4'), [text('snake_case_name and 2 * 3 * 4')]);
});

test('N19 only web and mail addresses become links, markup stays text', () => {
  assert.deepEqual(inlines('[site](https://example.com/a)'), [{ kind: 'link', inner: [text('site')], href: 'https://example.com/a' }]);
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', '/relative', 'https://a"b', ' https://a.example']) assert.equal(safe(bad), null, bad);
  assert.deepEqual(inlines('[x](javascript:alert)'), [text('[x](javascript:alert)')]);
  assert.deepEqual(blocks('<img src=x onerror=alert(1)>'), [{ kind: 'paragraph', inner: [text('<img src=x onerror=alert(1)>')] }]);
});

test('N19 an unclosed fence and a long row of marks end', () => {
  assert.deepEqual(blocks('```\nopen'), [{ kind: 'code', text: 'open' }]);
  const began = performance.now();
  blocks('**'.repeat(8000));
  blocks('*a '.repeat(6000));
  assert.ok(performance.now() - began < 2000);
});
