// What every page needs: htmx and a few small behaviours. Each listens on the
// document, so it keeps working after htmx has swapped the content.
import htmx from 'htmx.org';
import 'htmx.org/dist/ext/hx-preload.js';
import { startClerk } from './pages/clerk';
import { startClipboard } from './pages/clipboard';
import { startDialogs } from './pages/dialogs';
import { startFiles } from './pages/files';
import { startFormatted } from './pages/formatted';
import { startLive } from './pages/live';
import { startMenus } from './pages/menus';
import { startPanels } from './pages/panels';
import { startSwaps } from './pages/swaps';
import { startTabs } from './pages/tabs';
import { startTheme } from './pages/theme';
import { startTimes } from './pages/times';
import { startToasts } from './pages/toasts';

startSwaps(htmx);
startTheme();
startToasts(htmx);
startTimes();
startMenus();
startDialogs();
startClipboard();
startFiles();
startFormatted(htmx);
startTabs();
startPanels();
startClerk();
startLive(htmx);
