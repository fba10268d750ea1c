import assert from 'node:assert/strict';
import test from 'node:test';
import { Narrator } from './narrator';
import { Voice } from './voice';

function clocked() {
  const spoken: [number, string, boolean][] = [];
  const timers: { at: number; fn: () => void }[] = [];
  let now = 0;
  const voice = new Voice({ now: () => now, later: (fn, ms) => void timers.push({ at: now + ms, fn }), speak: (text, urgent) => void spoken.push([now, text, urgent]) });
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = timers.filter((x) => x.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      timers.splice(timers.indexOf(due), 1);
      now = due.at;
      due.fn();
    }
    now = end;
  };
  return { voice, spoken, pass };
}

test('one message a second, the newest, failures first', () => {
  const { voice, spoken, pass } = clocked();
  for (let i = 0; i < 50; i++) {
    voice.say(`message ${i}`);
    pass(50);
  }
  voice.alarm('it failed');
  voice.say('the end');
  pass(5000);
  assert.deepEqual(spoken.map(([at]) => at), [0, 1000, 2000, 3000, 4000]);
  assert.deepEqual(spoken.slice(-2).map(([, text, urgent]) => [text, urgent]), [['it failed', true], ['the end', false]]);
  assert.equal(spoken[1]![1], 'message 19');
});

test('a run is told in sums, and failures by name', () => {
  const said: string[] = [], alarms: string[] = [];
  const n = new Narrator({ say: (t) => void said.push(t), alarm: (t) => void alarms.push(t), label: (id) => id.toUpperCase() });
  n.node('r1', 'a', 'running');
  n.node('r1', 'a', 'success');
  n.node('r1', 'a', 'success');
  n.node('r1', 'b', 'skipped');
  n.node('r1', 'c', 'failed');
  n.node('r1', 'd', 'failed');
  assert.equal(said.at(-1), '2 steps done, 2 failed.');
  assert.deepEqual(alarms, ['C failed.', '2 steps failed, the first is C.']);
  n.node('r2', 'a', 'success');
  assert.equal(said.at(-1), '1 step done.');
});
