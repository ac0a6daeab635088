import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether this system has an nginx; `scripts/provision.mjs` installs one if permitted. Debian has it in /usr/sbin. */
export const hasNginx = existsSync('/usr/sbin/nginx') || spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0

/** Whether it has Debian's supervisor. */
export const hasSupervisor = spawnSync('supervisord', ['--version'], { stdio: 'ignore' }).status === 0
