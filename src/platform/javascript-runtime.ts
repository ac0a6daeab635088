/** Returns the runtime that this process runs in, with its version. Bun and Deno also name the Node they stand for. */
export function javascriptRuntime(): string {
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return `Bun ${bun}`
  if (deno !== undefined) return `Deno ${deno}`
  return `Node ${node}`
}
