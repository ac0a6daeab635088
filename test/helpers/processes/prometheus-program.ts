import { spawn } from 'node:child_process'
import type { Stage } from './stage.js'
import { until } from './until.js'

/** Starts a server of the Prometheus project on a port that it chooses itself. @returns its URL, when it listens */
export async function startServer(stage: Stage, program: string, args: readonly string[] = []): Promise<string> {
  const child = spawn(program, ['--web.listen-address=127.0.0.1:0', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  stage.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const port = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${log}`)
      return /Listening on"? address=\S*:(\d+)/.exec(log)?.[1]
    },
    (found) => found !== undefined,
  )
  return `http://127.0.0.1:${port}`
}
