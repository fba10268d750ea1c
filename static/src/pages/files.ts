// A workflow's JSON file dropped anywhere on the list is imported.

const importForm = () => {
  const host = document.querySelector<HTMLElement>('[data-drop]');
  const form = host && document.getElementById(host.dataset.drop ?? '');
  return form instanceof HTMLFormElement ? form : null;
};

const carriesFiles = (e: DragEvent) => !!e.dataTransfer?.types.includes('Files');

function mark(on: boolean) {
  document.body.classList.toggle('dropping', on);
}

function drop(e: DragEvent) {
  mark(false);
  const form = importForm();
  const input = form?.querySelector<HTMLInputElement>('input[type=file]');
  if (!form || !input || !e.dataTransfer?.files.length) return;
  e.preventDefault();
  const one = new DataTransfer();
  one.items.add(e.dataTransfer.files[0]!);
  input.files = one.files;
  form.requestSubmit();
}

/** startFiles takes dropped files on the pages that import. */
export function startFiles() {
  document.addEventListener('dragover', (e) => {
    if (!carriesFiles(e) || !importForm()) return;
    e.preventDefault();
    mark(true);
  });
  document.addEventListener('dragleave', (e) => {
    if (!e.relatedTarget) mark(false);
  });
  document.addEventListener('drop', (e) => {
    if (carriesFiles(e) && importForm()) drop(e);
  });
}
