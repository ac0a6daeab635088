import { spawn } from 'node:child_process'
import type { Stage } from './stage.js'
import { until } from './until.js'

/** A server that runs. */
interface RunningServer {
  readonly url: string
  /** Ends it with a signal, and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a server of the Prometheus project on a port that it chooses itself. @returns its URL, when it listens */
export async function startServer(stage: Stage, program: string, args: readonly string[] = []): Promise<string> {
  return (await launchServer(stage, program, args)).url
}

/** The same for a server that the test ends, or that has a port of the test. */
export async function launchServer(
  stage: Stage,
  program: string,
  args: readonly string[] = [],
  port = 0,
): Promise<RunningServer> {
  const child = spawn(program, [`--web.listen-address=127.0.0.1:${port}`, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  stage.after(() => end('SIGKILL'))
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const found = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${log}`)
      return /Listening on"? address=\S*:(\d+)/.exec(log)?.[1]
    },
    (port) => port !== undefined,
  )
  return { url: `http://127.0.0.1:${found}`, end }
}
