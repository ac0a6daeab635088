import { spawnSync } from 'node:child_process'

/** Prometheus' own check of an exposition; `scripts/provision.mjs` installs it if permitted. */
export const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0

/** The output of `promtool check metrics` for an exposition; empty if it is valid. */
export function promtoolSays(text: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  const said = `${stdout}${stderr}`
  return status === 0 ? said : `${said}exit ${status}`
}
