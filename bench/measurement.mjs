import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isUsed, withSharedDirectory } from './shared-directory.mjs'

const running = new Set()

/** Runs one of `processes/` in a process of its own; gives what it printed as JSON on its last line. */
export async function measure(script, parameters, { runtime, variant, flags = [] }) {
  if (!variant?.shared) return start(script, parameters, runtime, flags)
  return withSharedDirectory(async (directory) => {
    const result = await start(script, parameters, runtime, flags, { PROMHIVE_DIR: directory })
    if (!isUsed(directory))
      throw new Error(`${script}: nothing was written to PROMHIVE_DIR, so no shared store was measured`)
    return result
  })
}

/** Ends what still runs, each by its own id. */
export function endAll() {
  for (const child of running) child.kill('SIGKILL')
}

function start(script, parameters, runtime, flags, environment = {}) {
  const path = fileURLToPath(new URL(`processes/${script}.mjs`, import.meta.url))
  const child = spawn(runtime.path, [...flags, path, JSON.stringify(parameters)], {
    env: { ...withoutDirectories(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
    killSignal: 'SIGKILL',
  })
  running.add(child)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(child)
      if (code === 0) resolve(JSON.parse(output.trimEnd().split('\n').at(-1)))
      else
        reject(new Error(`${script} ${JSON.stringify(parameters)} under ${runtime.name} ended with ${signal ?? code}`))
    })
  })
}

/** Where the bench is called from an application that counts together, it must not count there too. */
function withoutDirectories(environment) {
  const { PROMHIVE_DIR, PROMETHEUS_MULTIPROC_DIR, prometheus_multiproc_dir, ...rest } = environment
  return rest
}
