import assert from 'node:assert/strict';
import test from 'node:test';
import { crc, isPNG, KEYWORD, readText, withText } from './png';

const dot = Uint8Array.from(Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64'));

test('a text comes back as it was put in', () => {
  const text = JSON.stringify({ name: 'Grüße 🧵', nodes: [], edges: [] });
  const png = withText(dot, KEYWORD, text);
  assert.equal(readText(png, KEYWORD), text);
  assert.equal(readText(png, 'other'), null);
  assert.equal(readText(dot, KEYWORD), null);
  assert.ok(isPNG(png));
});

test('the file stays a PNG file: every chunk has its length and checksum', () => {
  const png = withText(dot, KEYWORD, 'hello'), view = new DataView(png.buffer);
  const seen: string[] = [];
  let at = 8;
  while (at < png.length) {
    const length = view.getUint32(at), body = png.subarray(at + 4, at + 8 + length);
    seen.push(Buffer.from(body.subarray(0, 4)).toString('latin1'));
    assert.equal(view.getUint32(at + 8 + length), crc(body));
    at += 12 + length;
  }
  assert.deepEqual(seen, ['IHDR', 'iTXt', 'IDAT', 'IEND']);
  assert.equal(at, png.length);
});

test('the checksum is the known one', () => {
  assert.equal(crc(new TextEncoder().encode('123456789')), 0xcbf43926);
});

test('tEXt chunks are read too; broken files say nothing', () => {
  const body = Buffer.from('tEXtheddle\0{"a":1}', 'latin1'), chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc(body), body.length + 4);
  const png = Uint8Array.from(Buffer.concat([Buffer.from(dot.subarray(0, 33)), chunk, Buffer.from(dot.subarray(33))]));
  assert.equal(readText(png, KEYWORD), '{"a":1}');
  assert.equal(readText(png.subarray(0, 45), KEYWORD), null, 'cut off in the chunk');
  assert.equal(readText(new Uint8Array([1, 2, 3]), KEYWORD), null);
  assert.throws(() => withText(new Uint8Array(20), KEYWORD, 'x'), /no PNG/);
});
