package engine

import (
	"fmt"

	"heddle/internal/flow"
)

// spentError says that the run's budget is used up.
type spentError struct {
	budget flow.Budget
	used   flow.Usage
}

// Error returns the sentence that the user sees.
func (e *spentError) Error() string {
	if n := e.used.TokensIn + e.used.TokensOut; e.budget.Tokens > 0 && n > e.budget.Tokens {
		return fmt.Sprintf("The run's budget is spent: it used %s of %s tokens.", thousands(n), thousands(e.budget.Tokens))
	}
	return fmt.Sprintf("The run's budget is spent: it used $%.2f of $%.2f.", *e.used.CostUSD, e.budget.CostUSD)
}

// UserMessage makes the sentence safe to show.
func (e *spentError) UserMessage() string { return e.Error() }

// mind ends the run when its model calls have used more than its budget: what is
// under way stops, what has not started is canceled, what is done stays. Reused
// results cost nothing. A called run leaves it to the run around it.
func (r *run) mind() {
	if b := r.claim.Run.Budget; r.nest == nil && r.phase == phaseWork && !r.ended && b.Spent(r.usage) {
		r.overdue = true
		r.cancel(&spentError{b, r.usage})
	}
}
