import { spawnSync } from 'node:child_process'

/** Prometheus' own check of an exposition; `scripts/provision.mjs` installs it where it may. */
export const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0

/** What `promtool check metrics` says of an exposition; nothing when all is well. */
export function promtoolSays(text: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  const said = `${stdout}${stderr}`
  return status === 0 ? said : `${said}exit ${status}`
}
