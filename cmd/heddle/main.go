// Command heddle is the whole product: web server, worker and tools in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"heddle/internal/flow"
)

// version is set by the build; a plain "go build" asks the module's own record.
var version = ""

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h
)

// exitError ends the process with a code; its message, if any, goes to stderr.
type exitError struct {
	code int
	err  error
}

// Error returns the message.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	return report(err)
}

// report prints err for people and returns the exit code it stands for.
func report(err error) int {
	if c, ok := errors.AsType[*configError](err); ok {
		fmt.Fprintln(os.Stderr, c.Error())
		return exitConfig
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		if e.err != nil {
			printError(e.err)
		}
		return e.code
	}
	if _, ok := errors.AsType[*flow.Error](err); ok {
		printError(err)
		return exitFailed
	}
	fmt.Fprintln(os.Stderr, "heddle: "+err.Error())
	return exitFailed
}

// printError prints a user's error with its hint and problems, other errors as they are.
func printError(err error) {
	e, ok := errors.AsType[*flow.Error](err)
	if !ok {
		fmt.Fprintln(os.Stderr, "heddle: "+err.Error())
		return
	}
	fmt.Fprintln(os.Stderr, "heddle: "+e.Message)
	for _, p := range e.Problems {
		where := p.Path
		switch {
		case p.NodeID != "":
			where = "node " + p.NodeID
		case p.EdgeID != "":
			where = "edge " + p.EdgeID
		}
		fmt.Fprintf(os.Stderr, "  %s: %s\n", where, p.Message)
	}
	if e.Hint != "" {
		fmt.Fprintln(os.Stderr, "  "+e.Hint)
	}
	if e.Err != nil && e.Kind == flow.Internal {
		fmt.Fprintln(os.Stderr, "  cause: "+e.Err.Error())
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "heddle",
		Short:         "Heddle draws, runs and watches AI workflows.",
		Long:          "Heddle is a self-hosted AI workflow studio: draw a graph of nodes in the browser,\nrun it, watch every node live, browse past runs; do the same through a JSON API.\n\nSettings come from the environment; .env.example lists them all.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &exitError{exitUsage, fmt.Errorf("%w\n\n%s", err, c.UsageString())}
	})
	root.AddCommand(serveCommand(), workerCommand(), runCommand(), migrateCommand(), keyCommand(), userCommand(), tokenCommand(),
		exportCommand(), importCommand(), backupCommand(), restoreCommand(), auditCommand(), doctorCommand(), versionCommand())
	return root
}

// exactArgs is cobra.ExactArgs with our exit code and a sentence.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return &exitError{exitUsage, fmt.Errorf("%s\n\n%s", what, c.UsageString())}
		}
		return nil
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version.", Args: cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "heddle "+versionText()) },
	}
}

func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}
