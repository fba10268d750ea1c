package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// systemMethods are the methods that touch users' rows without an owner, each with the
// reason. A new one fails the test until it is thought about.
var systemMethods = map[string]string{
	"SessionByHash": "the hash of a secret is the proof", "TokenByHash": "as SessionByHash", "TouchSession": "of a session just proved", "TouchToken": "as TouchSession",
	"CountUsers": "a number alone", "ResetUser": "the hash of a secret is the proof", "UseReset": "as ResetUser", "UserByEmail": "to sign in", "UserByID": "of an actor just proved", "CreateUser": "there is no owner yet", "CreateFirstUser": "as CreateUser",
	"UpsertClerkUser": "by Clerk's signed word", "DeleteClerkUser": "by Clerk's signed word", "DeleteClerkSession": "by Clerk's signed word", "CreateSession": "the row names its user",
	"ClaimRun": "a worker, by fencing token", "Append": "a worker, by fencing token", "BeatRun": "a worker, by fencing token", "ClaimAccepted": "the worker that accepted it", "Promised": "as ClaimAccepted", "ReleaseRun": "a worker, by fencing token", "Adopt": "as ClaimAccepted",
	"ReleaseDead": "the sweep of a worker", "Stranded": "the sweep of a worker", "Requeue": "the sweep of a worker", "Collect": "retention of the operator", "RunOwner": "it tells whose a run is",
	"DeleteRuns": "retention of the operator", "PurgeDeleted": "retention of the operator", "TrimCache": "retention of the operator", "TrimKeys": "retention of the operator", "AnyHook": "the signature is the proof",
	"InUse": "retention of the operator", "EndedRuns": "retention of the operator", "Vitals": "heddle doctor", "CheckAudit": "heddle audit", "TrimAudit": "retention of the operator", "Audit": "the entry names its user",
	"SecretKeys": "names of master keys alone", "Rewrap": "heddle key rotate", "Open": "of the owner whose run is being stored",
}

var (
	// tables are those whose rows belong to somebody.
	tables = regexp.MustCompile(`(?i)\b(from|into|update|join)\s+(workflows|workflow_versions|runs|files|tokens|secrets|hooks|idempotency_keys|sessions|audit|node_results|run_events|cached_results)\b`)
	// bound is how a statement names the owner, or a row that is known to be theirs.
	bound = regexp.MustCompile(`(?i)user_id|run_id|workflow_id`)
)

// TestZ1_EveryQueryNamesTheOwner reads the source of the store. A method that takes an
// owner uses it, each of its statements names the owner's column or that of a row the
// method has bound to them, and a method without an owner is on the list above.
func TestZ1_EveryQueryNamesTheOwner(t *testing.T) {
	set := token.NewFileSet()
	pkgs, err := parser.ParseDir(set, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // one folder, no build tags
	must(t, err)
	methods, statements, filtered, filters := 0, 0, 0, 0
	for _, file := range pkgs["store"].Files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			filters += startsWithOwner(t, f)
			if f.Recv == nil {
				continue
			}
			owner, uses := ownerOf(f)
			_, isSystem := systemMethods[f.Name.Name]
			for _, q := range queries(f) {
				if strings.Contains(q, "‹where›") {
					filtered++
					continue // seen below
				}
				statements++
				if owner != "" && !bound.MatchString(q) && !comparesOwner(f) {
					t.Errorf("%s has an owner, and this statement does not: %s", f.Name.Name, q)
				}
				if owner == "" && f.Name.IsExported() && !isSystem {
					t.Errorf("%s touches users' rows and takes no owner: %s", f.Name.Name, q)
				}
			}
			if f.Name.IsExported() {
				methods++
			}
			if owner != "" && !uses {
				t.Errorf("%s takes an owner and does not use it", f.Name.Name)
			}
		}
	}
	if filters != 3 || filtered != 4 {
		t.Errorf("%d lists with a condition of their own begin with the owner, for %d statements: look at the new one, and correct the count here", filters, filtered)
	}
	if methods < 60 || statements < 60 {
		t.Errorf("only %d methods and %d statements were read", methods, statements)
	}
}

// ownerOf returns the name of the parameter that is a flow.Owner, and whether the body
// uses it.
func ownerOf(f *ast.FuncDecl) (name string, uses bool) {
	for _, p := range f.Type.Params.List {
		sel, ok := p.Type.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != "Owner" || len(p.Names) == 0 {
			continue
		}
		name = p.Names[0].Name
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name != "" && id.Name == name {
			uses = true
		}
		return true
	})
	return name, uses
}

// startsWithOwner counts the conditions a function puts together: each begins with the
// owner.
func startsWithOwner(t *testing.T, f *ast.FuncDecl) (n int) {
	ast.Inspect(f.Body, func(node ast.Node) bool {
		a, ok := node.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE || len(a.Rhs) == 0 {
			return true
		}
		id, ok := a.Lhs[0].(*ast.Ident)
		lit, isText := a.Rhs[0].(*ast.BasicLit)
		if !ok || id.Name != "where" || !isText {
			return true
		}
		fenced := strings.HasPrefix(lit.Value, `"id = ? AND lease_token = ?`) // a worker's
		if n++; !fenced && !strings.HasPrefix(lit.Value, `"user_id = ?`) {
			t.Errorf("the condition in %s begins with %s", f.Name.Name, lit.Value)
		}
		return true
	})
	return n
}

// comparesOwner reports whether a function looks at whose row it has read.
func comparesOwner(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if !ok || b.Op != token.NEQ && b.Op != token.EQL {
			return true
		}
		sel, ok := b.X.(*ast.SelectorExpr)
		found = found || ok && sel.Sel.Name == "UserID"
		return true
	})
	return found
}

// queries returns the statements in a function that touch users' rows. Texts that are
// put together with + count as one.
func queries(f *ast.FuncDecl) []string {
	var out []string
	var text func(e ast.Expr) string
	text = func(e ast.Expr) string {
		switch x := e.(type) {
		case *ast.BasicLit:
			if x.Kind == token.STRING {
				s, _ := strconv.Unquote(x.Value)
				return s
			}
		case *ast.BinaryExpr:
			return text(x.X) + text(x.Y)
		case *ast.Ident:
			return " ‹" + x.Name + "› "
		}
		return ""
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		if s := text(e); tables.MatchString(s) {
			out = append(out, strings.Join(strings.Fields(s), " "))
			return false
		}
		return true
	})
	return out
}
