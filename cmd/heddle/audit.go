package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func auditCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "audit [--json]", Short: "Check the audit log and print it: who did what, on all accounts.", Args: cobra.NoArgs,
		Long: "Check the audit log and print it, oldest first. Each entry is sealed to the one before; when one was changed or taken out, the command says which and ends with 1.",
		RunE: withStore(func(ctx context.Context, c *cobra.Command, st *store.Store) error {
			if err := migrate(ctx, st); err != nil {
				return err
			}
			n, err := st.CheckAudit(ctx, auditPrinter(c.OutOrStdout(), asJSON))
			if err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "%s, none changed, none missing\n", countOf(n, "line"))
			return st.Audit(ctx, flow.NewAuditEntry(ctx, "", flow.AuditRead, ""))
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return c
}

func auditPrinter(w io.Writer, asJSON bool) func(flow.AuditEntry) error {
	if asJSON {
		type line struct {
			flow.AuditEntry

			UserID flow.ID `json:"userId"`
		}
		enc := json.NewEncoder(w)
		return func(e flow.AuditEntry) error { return enc.Encode(line{e, e.UserID}) }
	}
	return func(e flow.AuditEntry) error {
		_, err := fmt.Fprintf(w, "%d  %s  %-32s  %-8s  %-30s  %s  %s\n", e.Seq, e.At.Format(time.RFC3339), e.Action.Word(), e.Via, e.UserID, e.IP, e.Target)
		return err
	}
}
