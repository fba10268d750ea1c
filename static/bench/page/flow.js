// React Flow's side of the benchmark: cards with the same parts, memoized, as its
// documentation advises. ?visible=1 renders only what is in view.
import { Handle, Position, ReactFlow, ReactFlowProvider, useEdgesState, useNodesState, useReactFlow } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { createElement as h, memo, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { block, counted, graphOf, middle, Recorder, storms, twoFrames } from './graph';

const root = document.getElementById('root');
const visible = new URLSearchParams(location.search).get('visible') === '1';
const recorder = new Recorder();
const words = { running: 'Running', success: 'Success' };
let api, app, size = 0, cols = 1, stop;

const inputs = ['prompt', 'system', 'images', 'before'], outputs = ['text', 'json'];

const Card = memo(({ data }) => h('div', { className: 'card', 'data-status': data.status ?? 'idle' },
  h('div', { className: 'head' }, h('span', { className: 'icon' }), h('span', { className: 'title' }, data.label), data.status && h('span', { className: 'pill' }, words[data.status])),
  ...inputs.map((name) => h('div', { className: 'port', key: name }, h(Handle, { type: 'target', position: Position.Left, id: name }), name)),
  h('div', { className: 'preview' }, data.prompt),
  ...outputs.map((name) => h('div', { className: 'port out', key: name }, name, h(Handle, { type: 'source', position: Position.Right, id: name }))),
  h('div', { className: 'foot' }, data.status ? '12 ms' : 'Language model')));

const kinds = { llm: Card };

function Canvas({ graph, ready }) {
  const [nodes, setNodes, onNodesChange] = useNodesState(graph.nodes);
  const [edges, , onEdgesChange] = useEdgesState(graph.edges);
  const flow = useReactFlow();
  useEffect(() => { api = { flow, setNodes }; ready(); }, []);
  return h(ReactFlow, { nodes, edges, onNodesChange, onEdgesChange, nodeTypes: kinds, onlyRenderVisibleElements: visible, panOnScroll: true, panOnDrag: [1], selectionOnDrag: true, minZoom: 0.005, maxZoom: 4, fitView: true, zoomOnDoubleClick: false });
}

window.bench = {
  async open(n) {
    app?.unmount();
    const graph = graphOf(n);
    [size, cols] = [n, graph.cols];
    app = createRoot(root);
    const began = performance.now();
    await new Promise((ready) => flushSync(() => app.render(h(ReactFlowProvider, null, h(Canvas, { graph, ready })))));
    await twoFrames();
    while (!root.querySelector('.react-flow__node')) await twoFrames();
    return performance.now() - began;
  },
  async full() {
    const i = middle(size, cols), at = graphOf(size).nodes[i].position;
    await api.flow.setCenter(at.x + 128, at.y + 120, { zoom: 1 });
    await settled();
  },
  async overview() {
    await api.flow.fitView({ maxZoom: 1 });
    await settled();
  },
  async grip(many) {
    const id = `n${middle(size, cols)}`, chosen = new Set(many ? block(size, cols) : [id]);
    api.setNodes((list) => list.map((n) => (n.selected === chosen.has(n.id) ? n : { ...n, selected: chosen.has(n.id) })));
    await settled();
    const r = root.querySelector(`.react-flow__node[data-id="${id}"] .title`).getBoundingClientRect();
    return [r.x + r.width / 2, r.y + r.height / 2];
  },
  storm(on) {
    stop?.();
    stop = on ? storms(size, (list) => {
      const by = new Map(list.map((s) => [s.id, s.status]));
      api.setNodes((nodes) => nodes.map((n) => (by.has(n.id) ? { ...n, data: { ...n.data, status: by.get(n.id) } } : n)));
    }) : undefined;
  },
  record: () => recorder.start(),
  frames: () => recorder.stop(),
  counts: () => counted(root),
};

async function settled() {
  await new Promise((ok) => setTimeout(ok, 400));
  await twoFrames();
}
