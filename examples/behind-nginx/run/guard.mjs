// Ends what the example has started if the example cannot do so itself, because it was killed with SIGKILL. Its input has
// the folders and the pids, and ends with the example. If the example has ended everything, nothing is left to do.
import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const folders = []
const programs = []

for await (const line of createInterface({ input: process.stdin })) {
  const { folder, pid } = JSON.parse(line)
  if (folder !== undefined) folders.push(folder)
  else programs.push({ pid, since: startOf(pid) })
}
for (const program of programs.reverse()) await end(program)
for (const folder of folders) rmSync(folder, { recursive: true, force: true })

/** Ends a program and its group. Another process may have its pid by now, but has started later. */
async function end({ pid, since }) {
  const runs = () => since !== undefined && startOf(pid) === since
  if (!runs()) return
  signal(pid, 'SIGTERM')
  // Longer than the time of supervisor.
  for (let i = 0; i < 450 && runs(); i++) await sleep(100)
  signal(-pid, 'SIGKILL')
}

function signal(receiver, name) {
  try {
    process.kill(receiver, name)
  } catch {
    // It has ended.
  }
}

/** When a process has started, in the kernel's ticks; undefined if it has ended, also if it is a zombie. */
function startOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
