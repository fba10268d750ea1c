package ui

// shape returns the drawing of an icon on a 16x16 grid, inside an <svg> that
// strokes with the current colour. The canvas draws the same shapes for the
// kinds.
func shape(name string) string {
	for _, set := range []func(string) string{kindShape, statusShape, actionShape, fieldShape} {
		if s := set(name); s != "" {
			return s
		}
	}
	return kindShape("node")
}

// IsKindIcon reports whether there is an icon of this name for a kind of step.
func IsKindIcon(name string) bool { return kindShape(name) != "" }

func kindShape(name string) string {
	switch name {
	case "text":
		return `<path d="M3 4h10M3 8h10M3 12h6"/>`
	case "image":
		return `<rect x="2" y="3" width="12" height="10" rx="2"/><path d="m3 12 4-4 3 3 2-2 2 2"/>`
	case "model":
		return `<path d="M8 2v3m0 6v3M2 8h3m6 0h3M4 4l2 2m4 4 2 2m0-8-2 2m-4 4-2 2"/>`
	case "eye":
		return `<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="2"/>`
	case "debug":
		return `<path d="M6 5 3 8l3 3m4-6 3 3-3 3"/>`
	case "condition":
		return `<path d="M8 2l4.5 4L8 10 3.5 6zM8 10v4M12.5 6H15M3.5 6H1"/>`
	case "switch":
		return `<path d="M2 8h4M6 8l3-5h5M6 8h8M6 8l3 5h5"/>`
	case "merge":
		return `<path d="M2 3h3l4 5h5M2 13h3l4-5M12 6l2 2-2 2"/>`
	case "list":
		return `<path d="M2.5 4h.1M2.5 8h.1M2.5 12h.1M6 4h7.5M6 8h7.5M6 12h7.5"/>`
	case "split":
		return `<path d="M2 4h5M2 8h5M2 12h5M10 4h4M10 8h4M10 12h4"/>`
	case "json":
		return `<path d="M6 2.5C4 2.5 4 3.5 4 5s0 3-1.5 3C4 8 4 9.5 4 11s0 2.5 2 2.5M10 2.5c2 0 2 1 2 2.5s0 3 1.5 3C12 8 12 9.5 12 11s0 2.5-2 2.5"/>`
	case "transform":
		return `<path d="M9.5 3C7 2 6.8 4 6.5 6L5.5 11c-.3 2-1 2.6-2.5 2M4.5 7H9M10 9l4 4.5M14 9l-4 4.5"/>`
	case "output":
		return `<path d="M3 2.5v11M3 3.5h9l-2 3 2 3H3"/>`
	case "input":
		return `<path d="M13 2.5v11M2 8h8M7 5l3 3-3 3"/>`
	case "map":
		return `<path d="M2.500 3h4M2.500 8h4M2.500 13h4M9 3h1.500l3 5-3 5H9M9 8h4.500"/>`
	case "workflow":
		return `<rect x="2" y="2" width="5" height="4" rx="1"/><rect x="9" y="10" width="5" height="4" rx="1"/><path d="M4.500 6v6H9"/>`
	case "wait":
		return `<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3l2 1.5"/>`
	case "approval":
		return `<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13c0-2.5 2-4 4.5-4 1 0 1.9.2 2.6.7M9.5 12l1.8 1.8 3.2-3.6"/>`
	case "http":
		return `<circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14c-2-2-2.6-4-2.6-6S6 4 8 2z"/>`
	case "image-edit":
		return `<path d="M4.5 1.5v10h10M1.5 4.5h10v10"/>`
	case "code":
		return `<path d="m5 4.5-3 3.5 3 3.5m6-7 3 3.5-3 3.5M9 3.5l-2 9"/>`
	case "node":
		return `<path d="M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1v.6M8 12v.1"/>`
	}
	return ""
}

func statusShape(name string) string {
	switch name {
	case "idle":
		return `<circle cx="8" cy="8" r="5" stroke-width="1.6"/>`
	case "queued":
		return `<circle cx="8" cy="8" r="5.5" stroke-width="2" stroke-dasharray="2.6 2.6"/>`
	case "running":
		return `<path class="spin" d="M8 2a6 6 0 1 1-6 6" stroke-width="2.2"/>`
	case "waiting":
		return `<path d="M5 3.5v9M11 3.5v9" stroke-width="2.4"/>`
	case "success":
		return `<path d="m3 8.5 3.2 3.2L13 5" stroke-width="2.4"/>`
	case "partial":
		return `<path d="M8 2.5v6.5" stroke-width="2.4"/><path d="M8 13v.2" stroke-width="2.6"/>`
	case "failed":
		return `<path d="m4 4 8 8m0-8-8 8" stroke-width="2.4"/>`
	case "skipped":
		return `<path d="M3 4v8l6-4zM12 4v8" fill="currentColor" stroke-width="1.8"/>`
	case "canceled":
		return `<rect x="4" y="4" width="8" height="8" rx="1" fill="currentColor"/>`
	case "cached":
		return `<path d="M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z" fill="currentColor" stroke="none"/>`
	}
	return ""
}

func actionShape(name string) string {
	switch name {
	case "plus":
		return `<path d="M8 3v10M3 8h10"/>`
	case "more":
		return `<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.2"/>`
	case "open":
		return `<path d="M6 3H3v10h10v-3M9 3h4v4M13 3 7 9"/>`
	case "copy":
		return `<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>`
	case "download":
		return `<path d="M8 2.5v8m-3.5-3L8 11l3.5-3.5M3 13.5h10"/>`
	case "upload":
		return `<path d="M8 11V3m-3.5 3L8 2.5 11.5 6M3 13.5h10"/>`
	case "trash":
		return `<path d="M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9"/>`
	case "search":
		return `<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>`
	case "sun":
		return `<circle cx="8" cy="8" r="3"/><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7"/>`
	case "moon":
		return `<path d="M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z"/>`
	case "monitor":
		return `<rect x="2" y="3" width="12" height="8" rx="1.5"/><path d="M6 13.5h4"/>`
	case "history":
		return `<path d="M2.5 8a5.5 5.5 0 1 0 1.8-4.1L2.5 5.5"/><path d="M2.5 2.5v3h3M8 5v3.2l2.2 1.3"/>`
	case "undo":
		return `<path d="M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7"/>`
	case "redo":
		return `<path d="m10 3 3.5 3.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7h3"/>`
	case "play":
		return `<path d="M5 3v10l8-5z" fill="currentColor"/>`
	case "stop":
		return `<rect x="4" y="4" width="8" height="8" rx="1" fill="currentColor"/>`
	case "outline":
		return `<path d="M2.5 4h.1M5 4h8.5M5 8h.1M7.5 8h6M5 12h.1M7.5 12h6"/>`
	case "left":
		return `<rect x="2" y="3" width="12" height="10" rx="2"/><path d="M6 3v10"/>`
	case "right":
		return `<rect x="2" y="3" width="12" height="10" rx="2"/><path d="M10 3v10"/>`
	case "bottom":
		return `<rect x="2" y="3" width="12" height="10" rx="2"/><path d="M2 9.5h12"/>`
	case "chevron":
		return `<path d="m6 4 4 4-4 4"/>`
	case "check":
		return `<path d="m3 8.5 3.2 3.2L13 5"/>`
	case "close":
		return `<path d="m4 4 8 8m0-8-8 8"/>`
	case "warn":
		return `<path d="M8 2 1.5 13.5h13zM8 6.5v3M8 11.6v.1"/>`
	case "sliders":
		return `<path d="M2 5h6m4 0h2M2 11h2m4 0h6"/><circle cx="10" cy="5" r="2"/><circle cx="6" cy="11" r="2"/>`
	case "info":
		return `<circle cx="8" cy="8" r="6"/><path d="M8 7.5v3.5M8 5v.1"/>`
	case "save":
		return `<path d="M3 3h8l2 2v8H3zM5.5 3v3.5h5V3M5.5 13V9.5h5V13"/>`
	}
	return ""
}
