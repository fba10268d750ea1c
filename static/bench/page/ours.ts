// Our side of the benchmark: the product's own canvas with the product's own kinds.
import { mount, type Canvas, type GraphDoc, type Spec } from '../../src/canvas/main';
import { block, counted, graphOf, middle, Recorder, storms, twoFrames, type Bench } from './graph';

const root = document.getElementById('root')!;
const specs = JSON.parse(document.getElementById('kinds')!.textContent!) as Spec[];
const recorder = new Recorder();
let canvas: Canvas | undefined, size = 0, cols = 1, stop: (() => void) | undefined;

const bench: Bench = {
  async open(n) {
    canvas?.destroy();
    const g = graphOf(n);
    [size, cols] = [n, g.cols];
    const began = performance.now();
    canvas = mount(root, { doc: g as unknown as GraphDoc, specs, onChange: () => undefined, onSelect: () => undefined, say: () => undefined, onOpenInspector: () => undefined });
    await twoFrames();
    return performance.now() - began;
  },
  async full() {
    canvas!.select([`n${middle(size, cols)}`]);
    canvas!.actions.run('fit-selection');
    canvas!.actions.run('zoom-100');
    canvas!.select([]);
    await settled();
  },
  async overview() {
    canvas!.actions.run('fit');
    await settled();
  },
  async grip(many) {
    const id = `n${middle(size, cols)}`;
    canvas!.select(many ? block(size, cols) : [id]);
    await settled();
    const r = root.querySelector(`[data-id="${id}"] .node__title`)!.getBoundingClientRect();
    return [r.x + r.width / 2, r.y + r.height / 2];
  },
  storm(on) {
    stop?.();
    stop = on ? storms(size, (list) => list.forEach((s) => canvas!.setStatus(s.id, { status: s.status, durationMs: 12 }))) : undefined;
  },
  record: () => recorder.start(),
  frames: () => recorder.stop(),
  counts: () => counted(root),
};

// The picture rests a moment after a move: then it is painted sharp.
async function settled() {
  await new Promise((ok) => setTimeout(ok, 400));
  await twoFrames();
}

Object.assign(window, { bench });
