package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

func userCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "user", Short: "Manage accounts.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(userCreateCommand(), userResetCommand())
	return c
}

func userCreateCommand() *cobra.Command {
	var email string
	var fromStdin bool
	c := &cobra.Command{
		Use: "create --email E --password-stdin", Short: "Create an account; the password is the first line of standard input.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !fromStdin {
				return &exitError{exitUsage, errors.New("give --password-stdin and write the password to standard input, so that it appears in no process list")}
			}
			password, err := firstLine(c.InOrStdin())
			if err != nil {
				return err
			}
			app, err := openTool(c)
			if err != nil {
				return err
			}
			defer app.close()
			u, err := app.studio.CreateUser(c.Context(), email, password)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), u.ID)
			return nil
		},
	}
	c.Flags().StringVar(&email, "email", "", "email address of the account")
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	_ = c.MarkFlagRequired("email")
	return c
}

func userResetCommand() *cobra.Command {
	var email string
	c := &cobra.Command{
		Use: "reset --email E", Short: "Print a link with which the account's owner sets a new password, once, within 15 minutes.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			app, err := openTool(c)
			if err != nil {
				return err
			}
			defer app.close()
			secret, _, err := app.studio.NewReset(c.Context(), email)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), app.conf.BaseURL+"/reset?secret="+secret)
			return nil
		},
	}
	c.Flags().StringVar(&email, "email", "", "email address of the account")
	_ = c.MarkFlagRequired("email")
	return c
}

// firstLine reads one line without its end.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && line == "" {
		return "", &exitError{exitUsage, errors.New("standard input is empty: write the password to it")}
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func tokenCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Manage API tokens.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(tokenCreateCommand())
	return c
}

func tokenCreateCommand() *cobra.Command {
	var email, name, scopes, expires, sources string
	c := &cobra.Command{
		Use: "create --email E --name N [--scopes a,b] [--expires 90d]", Short: "Create an API token and print it, and nothing else.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			life, err := parseLife(expires)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			app, err := openTool(c)
			if err != nil {
				return err
			}
			defer app.close()
			u, _, err := app.store.UserByEmail(c.Context(), strings.ToLower(strings.TrimSpace(email)))
			if err != nil {
				return err
			}
			_, secret, err := app.identity.NewToken(c.Context(), flow.Owner(u.ID), identity.NewToken{Name: name, Scopes: parseScopes(scopes), Sources: strings.Split(sources, ","), Expires: life})
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), secret)
			return nil
		},
	}
	c.Flags().StringVar(&email, "email", "", "email address of the account")
	c.Flags().StringVar(&name, "name", "", "what the token is for")
	c.Flags().StringVar(&scopes, "scopes", "", "comma-separated rights; all of them when left out: "+allScopes())
	c.Flags().StringVar(&sources, "from", "", "comma-separated addresses or ranges from which it works; everywhere when left out")
	c.Flags().StringVar(&expires, "expires", "90d", `life, as in 90d, 12h; "never" for none`)
	_ = c.MarkFlagRequired("email")
	_ = c.MarkFlagRequired("name")
	return c
}

func allScopes() string {
	var out []string
	for _, s := range flow.Scopes() {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

func parseScopes(list string) []flow.Scope {
	var out []flow.Scope
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, flow.Scope(s))
		}
	}
	return out
}

var days = regexp.MustCompile(`^(\d{1,4})d$`)

// parseLife reads a life such as 90d, 12h or never (-1).
func parseLife(s string) (time.Duration, error) {
	if s == "never" {
		return -1, nil
	}
	if m := days.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil && n > 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("--expires %q: use a life such as 90d or 12h, or never", s)
	}
	return d, nil
}
