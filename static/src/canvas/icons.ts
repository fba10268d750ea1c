// The icons of node kinds: one path each, drawn in a 16 by 16 box. The views draw the same.

const paths: Record<string, string> = {
  text: 'M3 4h10M3 8h10M3 12h6',
  image: 'M4 3h8a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM3 12l4-4 3 3 2-2 2 2',
  model: 'M8 2v3m0 6v3M2 8h3m6 0h3M4 4l2 2m4 4 2 2m0-8-2 2m-4 4-2 2',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  debug: 'M6 5 3 8l3 3m4-6 3 3-3 3',
  condition: 'M8 2l4.5 4L8 10 3.5 6zM8 10v4M12.5 6H15M3.5 6H1',
  switch: 'M2 8h4M6 8l3-5h5M6 8h8M6 8l3 5h5',
  merge: 'M2 3h3l4 5h5M2 13h3l4-5M12 6l2 2-2 2',
  list: 'M2.5 4h.1M2.5 8h.1M2.5 12h.1M6 4h7.5M6 8h7.5M6 12h7.5',
  split: 'M2 4h5M2 8h5M2 12h5M10 4h4M10 8h4M10 12h4',
  json: 'M6 2.5C4 2.5 4 3.5 4 5s0 3-1.5 3C4 8 4 9.5 4 11s0 2.5 2 2.5M10 2.5c2 0 2 1 2 2.5s0 3 1.5 3C12 8 12 9.5 12 11s0 2.5-2 2.5',
  transform: 'M9.5 3C7 2 6.8 4 6.5 6L5.5 11c-.3 2-1 2.6-2.5 2M4.5 7H9M10 9l4 4.5M14 9l-4 4.5',
  output: 'M3 2.5v11M3 3.5h9l-2 3 2 3H3',
  wait: 'M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0zM8 5v3l2 1.5',
  approval: 'M8.500 5.500a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0zM1.5 13c0-2.5 2-4 4.5-4 1 0 1.9.2 2.6.7M9.5 12l1.8 1.8 3.2-3.6',
  http: 'M14 8a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14c-2-2-2.6-4-2.6-6S6 4 8 2z',
  'image-edit': 'M4.5 1.5v10h10M1.5 4.5h10v10',
  code: 'm5 4.5-3 3.5 3 3.5m6-7 3 3.5-3 3.5M9 3.5l-2 9',
  input: 'M13 2.5v11M2 8h8M7 5l3 3-3 3',
  map: 'M2.500 3h4M2.500 8h4M2.500 13h4M9 3h1.500l3 5-3 5H9M9 8h4.500',
  workflow: 'M3 2h3a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM10 10h3a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-2a1 1 0 0 1 1-1zM4.500 6v6H9',
  off: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM3.8 3.8l8.4 8.4',
  pin: 'M5.5 2h5M6.5 2v4.5L4 9.5h8L9.5 6.5V2M8 9.5V14',
  folded: 'M6 4l4 4-4 4',
  unknown: 'M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1V9.5M8 12v.1',
};

/** iconPath returns the path data of an icon; a question mark for one not known. */
export const iconPath = (name: string): string => paths[name] ?? paths.unknown!;

/** icon makes a decorative svg element whose path can be replaced. */
export function icon(className: string): { svg: SVGSVGElement; path: SVGPathElement } {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return { svg, path };
}
