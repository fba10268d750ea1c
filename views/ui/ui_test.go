package ui_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"heddle/internal/flow"
	"heddle/views/ui"
)

func html(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func nodeStatuses() []flow.NodeStatus {
	return []flow.NodeStatus{
		flow.NodeIdle, flow.NodeQueued, flow.NodeRunning, flow.NodeWaiting,
		flow.NodeSuccess, flow.NodeFailed, flow.NodeSkipped, flow.NodeCanceled,
	}
}

// TestEveryStatusHasIconAndWord is the rule that a state is never told by colour alone.
func TestEveryStatusHasIconAndWord(t *testing.T) {
	looks := []ui.Look{ui.NodeLook(flow.NodeSuccess, true)}
	for _, s := range flow.RunStatuses() {
		looks = append(looks, ui.RunLook(s))
	}
	for _, s := range nodeStatuses() {
		looks = append(looks, ui.NodeLook(s, false))
	}
	drawing, word := map[string]string{}, map[string]string{}
	for _, l := range looks {
		got := html(t, ui.Pill(l))
		if l.Word == "" || !strings.Contains(got, ">"+l.Word+"<") && !strings.Contains(got, l.Word+"</span>") {
			t.Errorf("%s: no word in %s", l.Name, got)
		}
		if !strings.Contains(got, `data-status="`+l.Name+`"`) {
			t.Errorf("%s: no colour in %s", l.Name, got)
		}
		icon := html(t, ui.Icon(l.Icon))
		if icon == html(t, ui.Icon("no such icon")) {
			t.Errorf("%s: has no icon of its own", l.Name)
		}
		if other, ok := drawing[icon]; ok && other != l.Name {
			t.Errorf("%s and %s have the same icon", l.Name, other)
		}
		if other, ok := word[l.Word]; ok && other != l.Name {
			t.Errorf("%s and %s have the same word", l.Name, other)
		}
		drawing[icon], word[l.Word] = l.Name, l.Name
	}
}

func TestUnknownStatusKeepsItsName(t *testing.T) {
	if got := ui.RunLook("frozen"); got.Word != "frozen" || got.Icon == "" {
		t.Errorf("RunLook = %+v", got)
	}
}

func TestFormats(t *testing.T) {
	ms := func(n int64) *int64 { return &n }
	usd := func(f float64) *float64 { return &f }
	for _, c := range []struct{ name, got, want string }{
		{"no duration", ui.Millis(nil), "–"},
		{"negative duration", ui.Millis(ms(-5)), "0 ms"},
		{"short", ui.Millis(ms(840)), "840 ms"},
		{"seconds", ui.Millis(ms(9200)), "9.2 s"},
		{"just under a minute", ui.Millis(ms(59_949)), "59.9 s"},
		{"a minute", ui.Millis(ms(59_960)), "1 min 0 s"},
		{"minutes", ui.Millis(ms(125_400)), "2 min 5 s"},
		{"just under an hour", ui.Millis(ms(3_599_999)), "1 h 0 min"},
		{"hours", ui.Millis(ms(5_400_000)), "1 h 30 min"},
		{"number", ui.Number(1234567), "1,234,567"},
		{"negative number", ui.Number(-1234), "-1,234"},
		{"one", ui.Count(1, "run"), "1 run"},
		{"none", ui.Count(0, "run"), "0 runs"},
		{"bytes", ui.Size(999), "999 B"},
		{"kilobytes", ui.Size(1000), "1 kB"},
		{"rounds up a unit", ui.Size(999_960), "1 MB"},
		{"megabytes", ui.Size(1_250_000), "1.2 MB"},
		{"no price", ui.Cost(nil), "–"},
		{"free", ui.Cost(usd(0)), "$0"},
		{"next to nothing", ui.Cost(usd(0.0004)), "<$0.001"},
		{"cents", ui.Cost(usd(0.051)), "$0.051"},
		{"dollars", ui.Cost(usd(1234.5)), "$1,234.50"},
		{"nearly a dollar more", ui.Cost(usd(1.999)), "$2.00"},
		{"price", ui.Price(2.5), "$2.50"},
		{"whole price", ui.Price(15), "$15"},
		{"small price", ui.Price(0.075), "$0.075"},
		{"no tokens", ui.Tokens(flow.Usage{}), "–"},
		{"tokens", ui.Tokens(flow.Usage{TokensIn: 1800, TokensOut: 510}), "2,310"},
		{"short id", flow.ID("run_01jd3k7q4v").Short(), "3k7q4v"},
		{"very short id", flow.ID("x").Short(), "x"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestFieldTellsItsProblem(t *testing.T) {
	got := html(t, ui.Field(ui.Input{Name: "email", Label: "Email", Type: "email", Value: "x", Problem: "No address.", Hint: "Like a@b.c"}))
	for _, want := range []string{`for="f-email"`, `id="f-email"`, `aria-invalid="true"`, `aria-describedby="f-email-err f-email-hint"`, `id="f-email-err">No address.`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestPasswordIsNeverSentBack(t *testing.T) {
	got := html(t, ui.Field(ui.Input{Name: "password", Label: "Password", Type: "password", Value: "hunter2"}))
	if strings.Contains(got, "hunter2") {
		t.Errorf("the password is in %s", got)
	}
}

func TestPagination(t *testing.T) {
	at := func(page int) string { return "/runs?page=" + ui.Number(page) }
	for _, c := range []struct {
		page, total int
		want, not   []string
	}{
		{1, 5, []string{"5 runs"}, []string{"Next", "Previous"}},
		{1, 25, []string{"Next", "/runs?page=2", "Page 1 of 3"}, []string{"Previous"}},
		{3, 25, []string{"Previous", "/runs?page=2"}, []string{"Next"}},
	} {
		got := html(t, ui.Pagination(flow.Paginate(c.page, 10, c.total), "run", at))
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("page %d of %d: no %q in %s", c.page, c.total, w, got)
			}
		}
		for _, n := range c.not {
			if strings.Contains(got, n) {
				t.Errorf("page %d of %d: %q in %s", c.page, c.total, n, got)
			}
		}
	}
}
