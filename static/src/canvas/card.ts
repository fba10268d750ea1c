// One card: the element of a node that is near the view. Built once, bound to a
// node when it is mounted, bound to another when it is reused.
import { chipOf } from './chip';
import { isOn, isPinned, labelOf, type RFNode } from './document';
import { make } from './dom';
import type { Graph, Side } from './graph';
import { icon, iconPath } from './icons';
import { GAP, HEAD, previewKind, ROW, summary } from './layout';
import { elements } from './markdown';
import { noteColour, noteText } from './note';
import type { Port, PortType, Spec } from './spec';
import { footer, lookOf, words, type NodeState } from './status';
import { portVar } from './theme';

let serial = 0;

/** Card is the element of one node. It never keeps a place in a list, only the node's id. */
export class Card {
  readonly el = make('div', 'node', { role: 'group', 'aria-roledescription': 'step', id: `step-${++serial}` });
  id = '';
  private readonly icon = icon('node__icon');
  private readonly title = make('div', 'node__title');
  private readonly pill = make('span', 'node__pill');
  private readonly glyph = icon('node__glyph');
  private readonly word = make('span');
  private readonly badge = make('span', 'node__mark', {}, this.glyph.svg, this.word);
  private readonly grip = make('div', 'node__grip', { 'aria-hidden': 'true' });
  private readonly preview = make('div', 'node__prev');
  private readonly foot = make('div', 'node__foot');
  private ports: HTMLElement[] = [];
  private signature = '';
  private shown: string | undefined;
  private w = 0;
  private h = 0;

  constructor() {
    this.icon.path.setAttribute('d', '');
    this.el.append(this.icon.svg, this.title, this.pill, this.preview, this.foot, this.grip);
  }

  /** bind shows a node in full. */
  bind(g: Graph, i: number, state: NodeState | undefined) {
    const node = g.nodes[i]!, spec = g.spec(i), frame = g.frame[i] === 1;
    this.id = node.id;
    this.el.dataset.id = node.id;
    this.el.classList.toggle('node--frame', frame);
    this.aspects(g, i);
    this.title.textContent = labelOf(node);
    this.icon.path.setAttribute('d', iconPath(spec?.icon ?? 'unknown'));
    this.icon.svg.style.setProperty('--k', `var(${portVar[(spec?.color || 'any') as PortType] ?? portVar.any})`);
    this.rebuildPorts(g, i);
    this.size(g, i);
    this.update(g, i, state);
  }

  // What a node is, beside its kind: shown by class, mark and word.
  private aspects(g: Graph, i: number) {
    const node = g.nodes[i]!, frame = g.frame[i] === 1, note = g.note[i] === 1, shut = isOn(node, 'collapsed') && !note;
    const off = isOn(node, 'disabled') && !frame && !note, pinned = isPinned(node) && !off && !frame && !note;
    const { classList: has, dataset } = this.el;
    has.toggle('node--unknown', !g.spec(i) && !frame && !note);
    has.toggle('node--note', note);
    has.toggle('node--off', off);
    has.toggle('node--pinned', pinned);
    has.toggle('node--collapsed', shut);
    has.toggle('node--hidden', g.shell[i]! >= 0);
    if (note) dataset.colour = noteColour(node).id;
    else delete dataset.colour;
    const inside = frame && shut ? g.children(i).length : 0;
    // Few cards have a mark, so only those carry its elements.
    if (!off && !pinned && !inside) return this.badge.remove();
    if (!this.badge.parentNode) this.pill.before(this.badge);
    this.glyph.path.setAttribute('d', iconPath(off ? 'off' : pinned ? 'pin' : 'folded'));
    this.word.textContent = off ? 'Disabled' : pinned ? 'Pinned' : `${inside} inside`;
  }

  /** size puts the card where the graph says. */
  size(g: Graph, i: number) {
    const s = this.el.style;
    s.transform = `translate(${g.x[i]}px,${g.y[i]}px)`;
    s.width = `${g.w[i]}px`;
    s.height = `${g.h[i]}px`;
    this.preview.style.height = `${g.preview[i]}px`;
    this.w = g.w[i]!;
    this.h = g.h[i]!;
    this.preview.style.top = g.note[i] ? '0px' : `${HEAD + GAP + (g.ports(i, 'in').length ? g.ports(i, 'in').length * ROW + GAP : 0)}px`;
    for (const el of this.ports) {
      const first = el.dataset.side === 'in' ? g.in0[i]! : g.out0[i]!;
      el.style.top = `${first - ROW / 2 + Number(el.dataset.port) * g.row[i]!}px`;
    }
  }

  /** move puts the card at its present place; it looks at nothing else but its size. */
  move(g: Graph, i: number) {
    if (g.w[i] !== this.w || g.h[i] !== this.h) return this.size(g, i);
    this.el.style.transform = `translate(${g.x[i]}px,${g.y[i]}px)`;
  }

  /** update shows a state: ring, pill, preview and footer. */
  update(g: Graph, i: number, state: NodeState | undefined) {
    const node = g.nodes[i]!, spec = g.spec(i), look = lookOf(state);
    if (this.el.dataset.status !== look) {
      this.el.dataset.status = look;
      this.pill.textContent = words[look];
      this.pill.hidden = look === 'idle';
    }
    const unknown = !spec && !g.frame[i] && !g.note[i];
    const line = footer(state, spec?.title ?? (unknown ? `Unknown kind “${node.type ?? ''}”` : ''));
    if (this.foot.textContent !== line) this.foot.textContent = line;
    this.foot.title = look === 'failed' ? state?.error ?? '' : unknown ? 'It is kept as it is and cannot run here.' : '';
    for (const el of this.ports) chip(el, state);
    this.fill(g.note[i] ? { kind: 'note', value: noteText(node) } : previewOf(node, spec, state, roomIn(g, i)), state);
    this.el.setAttribute('aria-label', describe(g, i, state));
  }

  /** mark shows whether the node is selected, and raises it over the others. */
  mark(selected: boolean, order: number) {
    this.el.classList.toggle('is-selected', selected);
    this.el.style.zIndex = String(order);
  }

  /** light marks the ports that fit the connection being made; null ends it. */
  light(fits: ((side: Side, port: number) => boolean) | null) {
    for (const el of this.ports) {
      const side = el.dataset.side as Side;
      const ok = fits?.(side, Number(el.dataset.port));
      el.classList.toggle('port--fits', ok === true);
      el.classList.toggle('port--dim', ok === false);
    }
  }

  /** slot returns the title element, for the field that renames it. */
  get slot(): HTMLElement {
    return this.title;
  }

  private rebuildPorts(g: Graph, i: number) {
    const line = (side: Side) => g.ports(i, side).map((p, n) => `${p.name}\n${p.label}\n${p.type}\n${p.required}\n${connected(g, i, side, n)}`).join('\t');
    const signature = `${line('in')}\f${line('out')}`;
    if (signature === this.signature) return;
    this.signature = signature;
    this.ports.forEach((p) => p.remove());
    const side = (s: Side) => g.ports(i, s).map((p, n) => portElement(p, s, n, connected(g, i, s, n)));
    const ins = side('in'), outs = side('out');
    this.preview.before(...ins);
    this.preview.after(...outs);
    this.ports = [...ins, ...outs];
  }

  private fill(show: Shown, state: NodeState | undefined) {
    const key = `${show.kind}\n${show.value}`;
    if (key === this.shown) return;
    this.shown = key;
    const p = this.preview;
    p.hidden = show.kind === 'none';
    p.className = `node__prev node__prev--${show.kind}`;
    if (show.kind === 'note') {
      p.replaceChildren(...(show.value.trim() ? elements(show.value) : [make('p', 'node__hint', {}, 'Double-click to write')]));
    } else if (show.kind === 'image') {
      const alt = state?.images?.length ? 'Output image' : 'Image of this step';
      p.replaceChildren(make('img', '', { src: show.value, alt, draggable: 'false', decoding: 'async' }));
    } else {
      p.textContent = show.value;
    }
  }
}

function portElement(p: Port, side: Side, index: number, on: boolean): HTMLElement {
  const el = make('div', `port port--${side}${on ? ' port--on' : ''}${p.guessed ? ' port--guessed' : ''}`);
  el.textContent = p.label || p.name;
  el.dataset.side = side;
  el.dataset.port = String(index);
  el.dataset.name = p.name;
  el.title = `${p.type}${p.required ? ', required' : ''}${p.help ? `: ${p.help}` : ''}`;
  el.style.setProperty('--k', `var(${portVar[p.type] ?? portVar.any})`);
  return el;
}

// What came out stands at the beginning of the connection.
function chip(el: HTMLElement, state: NodeState | undefined) {
  const text = el.dataset.side === 'out' && el.classList.contains('port--on') ? chipOf(state, el.dataset.name!) : undefined;
  if (el.dataset.chip === text) return;
  if (text === undefined) delete el.dataset.chip;
  else el.dataset.chip = text;
}

function connected(g: Graph, i: number, side: Side, port: number): boolean {
  return g.edgesOf(i).some((k) => (side === 'in' ? g.et[k] === i && g.tp[k] === port : g.es[k] === i && g.ep[k] === port));
}

interface Shown { kind: 'text' | 'live' | 'image' | 'empty' | 'none' | 'note'; value: string }

/** A picture that is wholly in its address; while one is typed or pasted in parts it is not. */
const wholePicture = /^data:image\/[a-z.+-]+;base64,(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** imageOf returns the address of an image value that a card may show: a file of
 * ours or a picture in the address itself. Nothing is loaded from other hosts. */
export function imageOf(value: unknown): string | null {
  if (value && typeof value === 'object' && '$file' in value) return imageOf((value as { $file: unknown }).$file);
  if (typeof value !== 'string') return null;
  if (/^file_[\w-]+$/.test(value)) return `/api/files/${value}`;
  return value.startsWith('blob:') || wholePicture.test(value) ? value : null;
}

// About how many letters a preview has room for.
function roomIn(g: Graph, i: number): number {
  return Math.max(320, Math.ceil(((g.w[i]! - 32) / 5.5) * (g.preview[i]! / 17)));
}

function previewOf(node: RFNode, spec: Spec | undefined, state: NodeState | undefined, room: number): Shown {
  const kind = previewKind(spec);
  if (kind === 'none') return { kind, value: '' };
  const image = state?.images?.[0] ?? fileIn(state?.preview);
  if (image) return { kind: 'image', value: image };
  if (state?.status === 'running' && state.streamed) return { kind: 'live', value: state.streamed.slice(-room) };
  const text = state?.preview || state?.streamed;
  if (text) return { kind: 'text', value: text.slice(0, room) };
  const given = summary(node, spec);
  const address = kind === 'image' ? imageOf(given) : null;
  if (address) return { kind: 'image', value: address };
  if (given === undefined) return { kind: 'empty', value: kind === 'image' ? 'No image yet' : 'Nothing here yet' };
  return { kind: 'text', value: (typeof given === 'string' ? given : JSON.stringify(given)).slice(0, room) };
}

function fileIn(preview: string | undefined): string | null {
  if (!preview?.startsWith('{"$file"')) return null;
  try {
    const ref = JSON.parse(preview) as { mediaType?: string };
    return ref.mediaType?.startsWith('image/') ? imageOf(ref) : null;
  } catch { return null; }
}

/** describe says what a screen reader should: name, kind, state, place, ports. */
export function describe(g: Graph, i: number, state: NodeState | undefined): string {
  const node = g.nodes[i]!, spec = g.spec(i), look = lookOf(state);
  if (g.note[i] || g.frame[i]) return drawnWords(g, i);
  const kind = spec?.title ?? `unknown kind ${node.type ?? ''}`;
  const list = (side: Side) => g.ports(i, side).map((p, n) => `${p.label || p.name}${connected(g, i, side, n) ? ' connected' : ''}`).join(', ');
  const error = look === 'failed' && state?.error ? `: ${state.error.split('\n')[0]}` : '';
  const put = isOn(node, 'disabled') ? ['disabled'] : isPinned(node) ? ['output pinned'] : [];
  const parts = [labelOf(node), kind, ...put, ...(isOn(node, 'collapsed') ? ['collapsed'] : []), (words[look] || 'not run') + error, `${i + 1} of ${g.nodes.length}`];
  if (g.ports(i, 'in').length) parts.push(`inputs: ${list('in')}`);
  if (g.ports(i, 'out').length) parts.push(`outputs: ${list('out')}`);
  return parts.join(', ');
}

// Frames and notes have no state and no ports.
function drawnWords(g: Graph, i: number): string {
  const node = g.nodes[i]!, inside = g.children(i).length;
  const what = g.note[i] ? ['Note', noteColour(node).name.toLowerCase()] : ['Frame', `${inside} inside`, ...(isOn(node, 'collapsed') ? ['collapsed'] : [])];
  return [labelOf(node), ...what, `${i + 1} of ${g.nodes.length}`].join(', ');
}

/** titleHit reports whether a point lies on a card's header. */
export function titleHit(g: Graph, i: number, y: number): boolean {
  return y - g.y[i]! <= HEAD;
}
