// Package node is the contract between the engine and the node kinds: what a
// kind says about itself ([Spec]), what it gets ([Call]) and gives ([Result]),
// and how parameters, ports and templates come together ([Define]).
package node
