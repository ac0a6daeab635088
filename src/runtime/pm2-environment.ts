import { processEnvironment } from '../platform/process-environment.js'

/*
 * In its cluster mode, PM2 passes the environment of a process in one variable, and unpacks it just before the
 * application is loaded, after everything that `--import` and `--require` load.
 */

/** The variables that promhive reads, and those that show that PM2 started a process and for which application. */
const read =
  /^(?:PROMHIVE_|PROMETHEUS_|prometheus_multiproc_dir$|name$|pm_id$|NODE_APP_INSTANCE$|exec_mode$|instances$)/

/** Unpacks the variables that promhive needs before PM2 does. */
export function unpackPm2Environment(env: NodeJS.ProcessEnv = processEnvironment()): void {
  if (env.pm2_env === undefined) return
  let packed: unknown
  try {
    packed = JSON.parse(env.pm2_env)
  } catch {
    return
  }
  for (const [name, value] of Object.entries(packed ?? {})) {
    if (read.test(name) && (typeof value === 'string' || typeof value === 'number')) env[name] = String(value)
  }
}
