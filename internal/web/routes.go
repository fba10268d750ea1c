package web

import (
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/views"
)

const webhookPath = "/api/webhooks/clerk"

// register states every route of the product, in the order a request meets them.
func (s *Server) register() {
	s.app.Use(s.identify, s.guardHeaders, s.recovered)
	s.app.Get("/livez", func(c *fiber.Ctx) error { return c.SendString("alive") })
	s.app.Get("/readyz", s.ready)
	s.app.Get("/api/health", s.health)
	s.app.Get("/static/*", s.asset)
	s.app.Use(unpacked)
	s.app.Post(hooksPath+":id", s.delivery)
	s.app.Post(hooksPath+":id/:key", s.delivery)
	s.app.Use(s.sameOrigin(), s.authenticate)
	s.app.Get("/ws", s.socket)
	for _, path := range []string{"/signin", "/signup", "/setup", "/reset", "/auth/session", "/api/tokens", "/settings/tokens"} {
		s.app.Use(path, s.counted)
	}
	s.apiRoutes()
	s.pageRoutes()
	s.app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
}

func (s *Server) apiRoutes() {
	s.app.Use("/api", s.limited)
	s.api = s.newAPI()
	const graphs, runs, files, tokens, secrets, hooks, account = "Workflows", "Runs", "Files", "Tokens", "Secrets", "Webhooks", "Account"
	route(s, op{200, "GET", "/api/workflows", flow.ScopeGraphRead, "List workflows, newest change first", graphs}, s.Studio.ListWorkflows)
	route(s, op{201, "POST", "/api/workflows", flow.ScopeGraphWrite, "Create a workflow", graphs}, s.Studio.CreateWorkflow)
	route(s, op{200, "GET", "/api/workflows/{id}", flow.ScopeGraphRead, "Read a workflow with its graph", graphs}, s.Studio.Workflow)
	route(s, op{200, "PUT", "/api/workflows/{id}", flow.ScopeGraphWrite, "Change a workflow", graphs}, s.Studio.UpdateWorkflow)
	route(s, op{200, "DELETE", "/api/workflows/{id}", flow.ScopeGraphWrite, "Delete a workflow; its runs stay", graphs}, s.Studio.DeleteWorkflow)
	route(s, op{200, "GET", "/api/node-types", flow.ScopeGraphRead, "List the node kinds and model providers", graphs}, s.Studio.NodeTypes)
	route(s, op{202, "POST", "/api/execute", flow.ScopeRunStart, "Start a run", runs}, s.Studio.Execute)
	route(s, op{200, "GET", "/api/runs", flow.ScopeRunRead, "List runs, newest first", runs}, s.Studio.Runs)
	route(s, op{200, "GET", "/api/runs/{id}", flow.ScopeRunRead, "Read a run with its node results", runs}, s.Studio.Run)
	route(s, op{200, "GET", "/api/runs/{id}/logs", flow.ScopeRunRead, "Read a run's log", runs}, s.Studio.RunLogs)
	s.app.Get("/api/runs/:id/events", s.eventStream)
	route(s, op{200, "GET", "/api/runs/{id}/events", flow.ScopeRunRead, "Read a run's events; as text/event-stream they follow live", runs}, s.Studio.RunEvents)
	route(s, op{202, "POST", "/api/runs/{id}/cancel", flow.ScopeRunStart, "Ask a run to stop", runs}, s.Studio.CancelRun)
	route(s, op{200, "GET", "/api/tokens", "", "List your API tokens (browser session only)", tokens}, s.Studio.Tokens)
	route(s, op{201, "POST", "/api/tokens", "", "Create an API token; its secret is shown this once (browser session only)", tokens}, s.Studio.CreateToken)
	route(s, op{200, "DELETE", "/api/tokens/{id}", "", "End an API token (browser session only)", tokens}, s.Studio.DeleteToken)
	route(s, op{200, "GET", "/api/secrets", "", "List your secrets, never their values (browser session only)", secrets}, s.Studio.Secrets)
	route(s, op{200, "PUT", "/api/secrets/{name}", "", "Keep a secret, or replace it (browser session only)", secrets}, s.Studio.PutSecret)
	route(s, op{200, "DELETE", "/api/secrets/{name}", "", "Forget a secret (browser session only)", secrets}, s.Studio.DeleteSecret)
	route(s, op{200, "PUT", "/api/providers/{provider}/key", "", "Keep your own key of a model provider (browser session only)", secrets}, s.Studio.PutProviderKey)
	route(s, op{200, "DELETE", "/api/providers/{provider}/key", "", "Forget your own key of a model provider (browser session only)", secrets}, s.Studio.DeleteProviderKey)
	route(s, op{200, "GET", "/api/webhooks", "", "List your webhooks, never their secrets (browser session only)", hooks}, s.Studio.Hooks)
	route(s, op{201, "POST", "/api/webhooks", "", "Make an address at which messages start runs; its secret is shown this once (browser session only)", hooks}, s.Studio.CreateHook)
	route(s, op{200, "PUT", "/api/webhooks/{id}", "", "Change a webhook, switch it off, or give it another secret (browser session only)", hooks}, s.Studio.UpdateHook)
	route(s, op{200, "DELETE", "/api/webhooks/{id}", "", "End a webhook (browser session only)", hooks}, s.Studio.DeleteHook)
	route(s, op{200, "GET", "/api/audit", "", "Read what was done to your account, newest first (browser session only)", account}, s.Studio.Audit)
	s.fileRoutes(files)
	route(s, op{200, "POST", "/api/runs/{id}/nodes/{node}/answer", flow.ScopeRunStart, "Answer a step that waits for an approval", runs}, s.Studio.AnswerStep)
	s.valueRoute(runs)
	s.describeDelivery(hooks)
	s.app.Post(webhookPath, s.clerkWebhook)
	s.app.Get("/api/openapi.json", s.openAPI)
	s.app.Use("/api", func(*fiber.Ctx) error { return fiber.ErrNotFound })
}

func (s *Server) pageRoutes() {
	s.app.Get("/setup", s.setupPage)
	s.app.Post("/setup", s.setup)
	s.app.Get("/signin", s.signInPage)
	s.app.Post("/signin", s.signIn)
	s.app.Get("/reset", s.resetPage)
	s.app.Post("/reset", s.reset)
	s.app.Get("/signup", s.signUpPage)
	s.app.Post("/signup", s.signUp)
	s.app.Post("/auth/session", s.clerkSession)
	s.app.Get("/docs/api", s.apiDocs)
	in := s.app.Group("/", s.signedIn)
	in.Get("/", func(c *fiber.Ctx) error { return c.Redirect("/workflows", fiber.StatusSeeOther) })
	in.Post("/signout", s.signOut)
	in.Get("/workflows", s.workflowsPage)
	in.Post("/workflows", s.newWorkflow)
	in.Post("/workflows/import", s.importWorkflow)
	in.Get("/templates", s.templatesPage)
	in.Get("/workflows/:id", page(s, byID(s.Studio.EditorPage), views.Editor))
	in.Get("/workflows/:id/thumbnail.svg", s.thumbnail)
	in.Get("/workflows/:id/export", s.exportWorkflow)
	in.Post("/workflows/:id/duplicate", s.duplicateWorkflow)
	in.Post("/workflows/:id/delete", s.deleteWorkflow)
	in.Post("/workflows/:id/restore", s.restoreWorkflow)
	in.Post("/workflows/:id/inspector", s.inspector)
	in.Get("/runs", s.runsPage)
	in.Get("/runs/:id", page(s, byID(s.Studio.RunPage), views.Run))
	in.Get("/runs/:id/graph", page(s, byID(s.Studio.RunGraph), views.RunGraph))
	in.Post("/runs/:id/cancel", s.cancelRun)
	in.Post("/runs/:id/answer", s.answerStep)
	in.Get("/settings", s.settingsPage)
	in.Get("/settings/activity", s.activityPage)
	in.Post("/settings/profile", s.profile)
	in.Post("/settings/password", s.password)
	in.Post("/settings/tokens", s.createToken)
	in.Post("/settings/tokens/:id/delete", s.deleteToken)
	in.Post("/settings/secrets", s.putSecret)
	in.Post("/settings/secrets/:name/delete", s.deleteSecret)
	in.Post("/settings/webhooks", s.createHook)
	in.Post("/settings/webhooks/:id", s.changeHook)
	in.Post("/settings/webhooks/:id/delete", s.deleteHook)
	in.Post("/settings/providers/:provider/key", s.putProviderKey)
	in.Post("/settings/providers/:provider/key/delete", s.deleteProviderKey)
}
