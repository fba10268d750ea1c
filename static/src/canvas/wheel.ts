// Wheel and trackpad: scrolling pans, Ctrl or Cmd and pinching zoom.
import type { Surface } from './board';
import type { Point } from './document';

/** zoomFactor returns the zoom of one wheel event; mice send large deltas, trackpads small ones. */
export function zoomFactor(deltaY: number, mode: number): number {
  const perUnit = mode === 1 ? 0.05 : mode === 2 ? 0.5 : Math.abs(deltaY) > 50 ? 0.002 : 0.01;
  return 2 ** (-deltaY * perUnit);
}

/** scrolls reports whether a field should scroll itself: it has the focus and can. */
function scrolls(e: WheelEvent): boolean {
  const field = e.target instanceof Element ? e.target.closest('textarea,.cv-menu,.cv-help') : null;
  return !!field && field.scrollHeight > field.clientHeight && (field === document.activeElement || field.contains(document.activeElement));
}

/** onWheel makes the view follow the wheel until the signal ends; the page itself never zooms over the area. zooms reports whether the user wants the plain wheel to zoom. */
export function onWheel(view: Surface, area: HTMLElement, zooms: () => boolean, signal: AbortSignal) {
  const unit = (e: WheelEvent) => (e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? view.cam.height : 1);
  view.stage.addEventListener('wheel', (e) => {
    if (!e.ctrlKey && scrolls(e)) return;
    e.preventDefault();
    if (e.ctrlKey || e.metaKey || (zooms() && !e.shiftKey)) view.zoomAt(zoomFactor(e.deltaY, e.deltaMode), view.point(e));
    else if (e.shiftKey && !e.deltaX) view.panBy(-e.deltaY * unit(e), 0);
    else view.panBy(-e.deltaX * unit(e), -e.deltaY * unit(e));
  }, { passive: false, signal });
  area.addEventListener('wheel', (e) => { if (e.ctrlKey) e.preventDefault(); }, { passive: false, signal });
  onGesture(view, area, signal);
}

interface GestureEvent extends Event { scale: number; clientX: number; clientY: number }

// Safari reports trackpad pinches as gesture events of its own.
function onGesture(view: Surface, area: HTMLElement, signal: AbortSignal) {
  let scale = 1;
  area.addEventListener('gesturestart', (e) => { e.preventDefault(); scale = 1; }, { signal });
  area.addEventListener('gesturechange', (e) => {
    e.preventDefault();
    const g = e as GestureEvent;
    if (!view.stage.contains(e.target as Node)) return;
    const at: Point = view.point(g);
    view.zoomAt(g.scale / scale, at);
    scale = g.scale;
  }, { signal });
}
