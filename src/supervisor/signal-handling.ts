import { onWindows } from '../platform/windows.js'
import type { Supervisor } from './supervisor.js'
import { signals } from './supervisor-metrics.js'

/**
 * Handles signals as gunicorn does: HUP reloads; TTIN and TTOU add or remove a worker; TERM, INT and QUIT end
 * everything gracefully, and a second one at once. USR2, which would end this process, only logs an explanation.
 *
 * @returns a function that stops handling signals
 */
export function handleSignals(supervisor: Supervisor): () => void {
  let leaving = false
  const leave = (signal: string) => (): void => {
    const name = signal.slice(3)
    if (leaving) void supervisor.kill(1, name)
    else void supervisor.stop(0, name)
    leaving = true
  }
  const actions: Readonly<Record<(typeof signals)[number], () => void>> = {
    SIGHUP: () => void supervisor.reload(),
    SIGTTIN: () => void supervisor.scale(supervisor.size + 1),
    SIGTTOU: () => void supervisor.scale(supervisor.size - 1),
    SIGTERM: leave('SIGTERM'),
    SIGINT: leave('SIGINT'),
    SIGQUIT: leave('SIGQUIT'),
    SIGUSR2() {
      // If the primary of the application listens for USR2 as well, the signal has a meaning there.
      const alone = process.listenerCount('SIGUSR2') === 1
      if (alone) supervisor.explain('USR2 starts no new binary here: HUP gives the workers new code')
    },
  }
  const handle = (signal: (typeof signals)[number]) => (): void => {
    supervisor.count(signal)
    actions[signal]()
  }
  if (onWindows) return handleOnWindows(handle)
  const listeners = signals.map((signal) => [signal, handle(signal)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

/**
 * Windows has only the keys Ctrl-C and Ctrl-Break, and the end of the console (HUP), after which it leaves a process some
 * seconds: all three end everything gracefully. Every other signal arrives as a message of the process that has started
 * this one with a channel: `child.send({ promhive: 'SIGHUP' })`; `shutdown`, as PM2 sends it there, is TERM.
 */
function handleOnWindows(handle: (signal: (typeof signals)[number]) => () => void): () => void {
  const keys = { SIGINT: handle('SIGINT'), SIGBREAK: handle('SIGQUIT'), SIGHUP: handle('SIGTERM') } as const
  for (const [key, listener] of Object.entries(keys)) process.on(key, listener)
  const receive = (message: unknown): void => {
    const name = message === 'shutdown' ? 'SIGTERM' : Object(message).promhive
    const signal = signals.find((each) => each === name)
    if (signal !== undefined) handle(signal)()
  }
  process.on('message', receive)
  // A supervisor whose workers have ended ends as well.
  process.channel?.unref()
  return () => {
    for (const [key, listener] of Object.entries(keys)) process.off(key, listener)
    process.off('message', receive)
  }
}
