// Sending a picture to the server, with progress. Only XMLHttpRequest tells how
// much of an upload has left.
import { ApiError, failure } from './api';

/** A stored file as the server answers it. */
export interface Stored { id: string; name: string; mediaType: string; size: number; width?: number; height?: number }

/** MAX is the largest file the server takes, in bytes. */
export const MAX = 25 * 1024 * 1024;

/** upload stores a file. progress hears numbers from 0 to 1. */
export function upload(f: File, progress: (part: number) => void, signal?: AbortSignal): Promise<Stored> {
  if (f.size > MAX) return Promise.reject(new ApiError({ status: 413, message: `“${f.name}” is larger than 25 MiB.`, hint: 'Choose a smaller picture.' }));
  const form = new FormData();
  form.append('file', f, f.name);
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('POST', '/api/files');
    x.setRequestHeader('Accept', 'application/json');
    x.responseType = 'text';
    x.upload.addEventListener('progress', (e) => { if (e.lengthComputable) progress(e.loaded / e.total); });
    x.addEventListener('load', () => answered(x, resolve, reject));
    x.addEventListener('error', () => reject(new ApiError({ status: 0, message: 'The server cannot be reached.', hint: 'Check the connection, then choose the picture again.' })));
    x.addEventListener('abort', () => reject(new DOMException('The upload was stopped.', 'AbortError')));
    signal?.addEventListener('abort', () => x.abort(), { once: true });
    x.send(form);
  });
}

function answered(x: XMLHttpRequest, resolve: (f: Stored) => void, reject: (e: ApiError) => void) {
  let body: unknown;
  try {
    body = JSON.parse(x.responseText);
  } catch {
    body = undefined;
  }
  const file = (body as { file?: Stored } | undefined)?.file;
  if (x.status < 300 && file?.id) resolve(file);
  else reject(failure({ status: x.status, headers: { get: (n: string) => x.getResponseHeader(n) } as unknown as Headers }, body));
}

/** refOf returns the value by which steps speak of the file. */
export function refOf(f: Stored): Record<string, unknown> {
  const ref: Record<string, unknown> = { $file: f.id, name: f.name, mediaType: f.mediaType, size: f.size };
  if (f.width) ref.width = f.width;
  if (f.height) ref.height = f.height;
  return ref;
}
