/**
 * Files, paths and the terminal under Bun. The one module that knows which platform package serves Effect: `@effect/platform-bun` has
 * no release for this version of Effect, and the shared Node layers run under Bun.
 */

import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeStdio from "@effect/platform-node-shared/NodeStdio"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
import { Layer } from "effect"

export { runMain } from "@effect/platform-node-shared/NodeRuntime"

/** What the command line needs of its machine: files, paths, standard streams, terminal, processes. */
export const platform = NodeChildProcessSpawner.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeStdio.layer, NodeTerminal.layer))
)
