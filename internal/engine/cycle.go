package engine

import (
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
)

// order returns the nodes in scope in topological order and complains about every
// circle it finds on the way; nodes on or behind a circle are left out.
func (c *compiler) order() []int {
	p := c.plan
	open := make([]int, len(p.nodes))
	for _, e := range p.edges {
		open[e.dst]++
	}
	outs := c.downstream()
	order := make([]int, 0, len(p.nodes))
	for i := range p.nodes {
		if open[i] == 0 {
			order = append(order, i)
		}
	}
	for k := 0; k < len(order); k++ {
		for _, ei := range outs[order[k]] {
			if open[p.edges[ei].dst]--; open[p.edges[ei].dst] == 0 {
				order = append(order, p.edges[ei].dst)
			}
		}
	}
	if len(order) < len(p.nodes) {
		c.circles(open, outs)
	}
	return slices.DeleteFunc(order, func(i int) bool { return !p.nodes[i].inScope })
}

func (c *compiler) downstream() [][]int {
	outs := make([][]int, len(c.plan.nodes))
	for i, e := range c.plan.edges {
		outs[e.src] = append(outs[e.src], i)
	}
	return outs
}

// circles walks the nodes that cannot be ordered, depth first, and reports the
// circle behind each edge that leads back into the walk, unless a node of it was
// reported already. The walk keeps its own stack: graphs are deep.
func (c *compiler) circles(open []int, outs [][]int) {
	next := make([]int, len(open))
	at := make([]int, len(open)) // 1 + place in the walk; 0 outside it
	reported := make([]bool, len(open))
	var walk []int
	for root := range open {
		if open[root] == 0 || next[root] > 0 {
			continue
		}
		walk, at[root] = append(walk[:0], root), 1
		for len(walk) > 0 {
			i := walk[len(walk)-1]
			if next[i] == len(outs[i]) {
				walk, at[i] = walk[:len(walk)-1], 0
				next[i]++ // never entered again
				continue
			}
			ei := outs[i][next[i]]
			next[i]++
			to := c.plan.edges[ei].dst
			switch {
			case at[to] > 0:
				c.circle(walk[at[to]-1:], ei, reported)
			case next[to] == 0:
				walk = append(walk, to)
				at[to] = len(walk)
			}
		}
	}
}

func (c *compiler) circle(nodes []int, edge int, reported []bool) {
	if slices.ContainsFunc(nodes, func(i int) bool { return reported[i] }) {
		return
	}
	for _, i := range nodes {
		reported[i] = true
	}
	const most = 20
	called := c.called(nodes)
	var labels []string
	for _, i := range nodes[:min(len(nodes), most)] {
		labels = append(labels, called(i))
	}
	if len(nodes) > most {
		labels = append(labels, "and "+strconv.Itoa(len(nodes)-most)+" more")
	}
	first := c.graph.Nodes[nodes[0]]
	labels = append(labels, called(nodes[0]))
	c.add(flow.Problem{
		Path: nodePath(nodes[0]), NodeID: first.ID, EdgeID: c.plan.edges[edge].id, Code: "cycle",
		Message: "These nodes wait for each other in a circle: " + strings.Join(labels, " -> ") + ". Remove one of the edges.",
	})
}

// called returns how to name each of the nodes: by its label, with the id where
// two of them share one.
func (c *compiler) called(nodes []int) func(i int) string {
	uses := map[string]int{}
	for _, i := range nodes {
		uses[c.graph.Nodes[i].Label()]++
	}
	return func(i int) string {
		n := c.graph.Nodes[i]
		if uses[n.Label()] > 1 {
			return strconv.Quote(n.Label()) + " (" + n.ID + ")"
		}
		return strconv.Quote(n.Label())
	}
}
