import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import { workerData } from 'node:worker_threads'
import { monotonicNow, setInterval, setTimeout } from '../../platform/timers.js'
import { writeReport } from './diagnostic-report.js'
import type { WatcherData } from './watcher.js'

/*
 * Runs in a separate thread of a worker. When the main thread does not return to its event loop, it is interrupted to
 * create Node's diagnostic report, with the stack that blocks it. This thread writes the file.
 */

const lookEvery = 250
/**
 * Milliseconds for interrupting the main thread: JavaScript is interrupted as soon as it gets a processor, a system call
 * never. Less than the time that the supervisor grants for the report.
 */
const timeout = 2000

/** @param data passed by `Watcher` */
export function monitor(data: WatcherData = workerData as WatcherData): void {
  const { beats, after, worker } = data
  let seen = Atomics.load(beats, 0)
  let since = monotonicNow()
  let reported = false
  setInterval(() => {
    const now = Atomics.load(beats, 0)
    if (now !== seen) {
      seen = now
      since = monotonicNow()
      reported = false
      return
    }
    const blocked = monotonicNow() - since
    if (blocked < after || reported) return
    reported = true
    report(data).then(
      ({ where, file }) =>
        say(`worker ${worker} (${process.pid}) has been in ${where} for ${(blocked / 1000).toFixed(1)} s; see ${file}`),
      (fault) => say(`worker ${worker} (${process.pid}) is blocked, and could not be asked in what: ${fault}`),
    )
  }, lookEvery)
}

async function report(data: WatcherData): Promise<{ where: string; file: string }> {
  const session = new Session()
  // Connected only now, because a process waits for an attached debugger when it ends.
  session.connectToMainThread()
  // CommonJS modules have no name in a frame.
  const scripts = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params.url))
  try {
    const paused = new Promise<{ readonly callFrameId: string; readonly slot: string } | undefined>((resolve) => {
      setTimeout(() => resolve(undefined), timeout)
      session.on('Debugger.paused', ({ params: { callFrames } }) => {
        const [frame] = callFrames
        if (frame === undefined) return resolve(undefined)
        const { functionName, location } = frame
        const file = frame.url || scripts.get(location.scriptId) || 'unknown'
        const slot = `${functionName || '(anonymous)'} at ${file}:${location.lineNumber + 1}`
        resolve({ callFrameId: frame.callFrameId, slot })
      })
    })
    session.post('Debugger.enable')
    session.post('Debugger.pause')
    const frame = await paused
    const text =
      frame === undefined
        ? JSON.stringify(process.report.getReport())
        : await evaluate(session, frame.callFrameId, 'JSON.stringify(process.report.getReport())')
    return { where: frame?.slot ?? 'a system call', file: writeReport(text, data) }
  } finally {
    session.post('Debugger.resume')
    session.disconnect()
  }
}

function evaluate(session: Session, callFrameId: string, expression: string): Promise<string> {
  return new Promise((resolve) => {
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression, silent: true }, (_, answer) =>
      resolve(String(answer?.result.value ?? '')),
    )
  })
}

/** Writes to the descriptor, because the stream needs the main thread. */
function say(line: string): void {
  writeSync(2, `promhive: ${line}\n`)
}
