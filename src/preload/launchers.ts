import { basename } from 'node:path'

/** Programs that inherit NODE_OPTIONS although they are not part of the application. */
const launchers = /^(?:npm|npx|yarn|pnpm|pnpx|corepack|pm2|pm2-runtime|pm2-docker|pm2-dev)(?:-cli)?(?:\.c?js)?$/

/** PM2's daemon, which is the primary of all applications and part of none of them. */
const daemon = /[/\\]pm2[/\\]lib[/\\]Daemon\.js$/

/** Whether a program only starts the application. */
export function isLauncher(program: string): boolean {
  return launchers.test(basename(program)) || daemon.test(program)
}
