// The graph both sides show: n steps in a square, each feeding the next, and every
// seventh feeding one a row below, with the same labels and previews.

export interface BenchNode { id: string; type: string; position: { x: number; y: number }; data: Record<string, unknown> }
export interface BenchEdge { id: string; source: string; target: string; sourceHandle: string | null; targetHandle: string | null }
export interface BenchGraph { nodes: BenchNode[]; edges: BenchEdge[]; cols: number }

const ACROSS = 340, DOWN = 280;

/** graphOf makes the graph of n steps, the same each time. */
export function graphOf(n: number): BenchGraph {
  const cols = Math.ceil(Math.sqrt(n)), nodes: BenchNode[] = [], edges: BenchEdge[] = [];
  for (let i = 0; i < n; i++) {
    const position = { x: (i % cols) * ACROSS + ((i * 7) % 40), y: Math.floor(i / cols) * DOWN + ((i * 13) % 40) };
    const data = { label: `Step ${i}`, prompt: `Summarise {{before}} in three points, number ${i}.` };
    nodes.push({ id: `n${i}`, type: 'llm', position, data });
    if (i + 1 < n) edges.push({ id: `e${i}`, source: `n${i}`, target: `n${i + 1}`, sourceHandle: 'text', targetHandle: 'before' });
    if (i % 7 === 0 && i + cols < n) edges.push({ id: `d${i}`, source: `n${i}`, target: `n${i + cols}`, sourceHandle: 'text', targetHandle: 'prompt' });
  }
  return { nodes, edges, cols };
}

/** middle returns the index of the step in the middle of the square. */
export const middle = (n: number, cols: number): number => Math.min(n - 1, Math.floor(n / cols / 2) * cols + Math.floor(cols / 2));

/** block returns the ids of up to 500 steps around the middle. */
export function block(n: number, cols: number): string[] {
  const m = middle(n, cols), side = Math.ceil(Math.sqrt(500)), out: string[] = [];
  const c0 = Math.max(0, (m % cols) - (side >> 1)), r0 = Math.max(0, Math.floor(m / cols) - (side >> 1));
  for (let r = r0; r < r0 + side; r++) for (let c = c0; c < c0 + side; c++) if (c < cols && r * cols + c < n && out.length < 500) out.push(`n${r * cols + c}`);
  return out;
}

/** Storm is one status of one step. */
export interface Storm { id: string; status: 'running' | 'success' }

/** storms calls emit 60 times a second with the statuses of one sixtieth of 1,200, until the returned function is called. */
export function storms(n: number, emit: (list: Storm[]) => void): () => void {
  let at = 0;
  const timer = setInterval(() => {
    const list: Storm[] = [];
    for (let k = 0; k < 20; k++, at++) list.push({ id: `n${(at * 7919) % n}`, status: at % 2 ? 'success' : 'running' });
    emit(list);
  }, 1000 / 60);
  return () => clearInterval(timer);
}

/** twoFrames resolves when what was drawn is on the screen. */
export const twoFrames = (): Promise<void> => new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(() => ok())));

/** Recorder notes the time between frames. */
export class Recorder {
  private frames: number[] = [];
  private on = false;

  start() {
    this.frames = [];
    this.on = true;
    let last = 0;
    const tick = (now: number) => {
      if (last) this.frames.push(now - last);
      last = now;
      if (this.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  stop(): number[] {
    this.on = false;
    return this.frames;
  }
}

/** Bench is what the measuring program calls. */
export interface Bench {
  /** open shows n steps and returns the milliseconds until they are on the screen. */
  open(n: number): Promise<number>;
  /** full looks at the middle at 100 %, overview at everything. */
  full(): Promise<void>;
  overview(): Promise<void>;
  /** grip selects one step or 500 and returns a point of the window by which the middle one can be dragged. */
  grip(many: boolean): Promise<[number, number]>;
  storm(on: boolean): void;
  record(): void;
  frames(): number[];
  counts(): { elements: number; tabs: number };
}

/** counted counts the elements and tab stops inside an element. */
export function counted(root: Element): { elements: number; tabs: number } {
  const tabs = [...root.querySelectorAll<HTMLElement>('*')].filter((e) => e.tabIndex >= 0 && (e.tabIndex > 0 || e.hasAttribute('tabindex') || /^(A|BUTTON|INPUT|SELECT|TEXTAREA)$/.test(e.tagName)));
  return { elements: root.querySelectorAll('*').length, tabs: tabs.length };
}
