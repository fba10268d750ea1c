// Package web is the door for people and programs: pages, JSON API and
// websocket, on Fiber. It binds requests, calls one use case of the studio, and
// turns the outcome into an answer; it knows no rule of the product.
package web
