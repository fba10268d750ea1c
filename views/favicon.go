package views

// favicon is the product's mark as a data URL, so that a page needs no request
// for it.
const favicon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Crect width='20' height='20' rx='6' fill='%233554d1'/%3E%3Cpath d='M6 4.5v11M14 4.5v11M3.5 8h5M11.5 8h5M6 12h8' fill='none' stroke='%23fff' stroke-width='1.8' stroke-linecap='round'/%3E%3C/svg%3E"
