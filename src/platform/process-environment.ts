/*
 * Deno asks for permission before a program reads an environment variable, and throws if it is refused.
 */

interface Permissions {
  querySync(descriptor: { readonly name: 'env'; readonly variable?: string }): { readonly state: string }
}

const permissions = (globalThis as { readonly Deno?: { readonly permissions?: Permissions } }).Deno?.permissions

/**
 * Returns the environment of this process. In Deno, a variable that the program has no permission for is not set, and
 * reading it asks for nothing.
 */
export function processEnvironment(): NodeJS.ProcessEnv {
  if (permissions === undefined || isGranted(permissions)) return process.env
  return onlyGranted(process.env, permissions)
}

/** Without a name: whether every variable may be read. */
function isGranted(permissions: Permissions, variable?: string): boolean {
  return permissions.querySync({ name: 'env', ...(variable !== undefined && { variable }) }).state === 'granted'
}

function onlyGranted(environment: NodeJS.ProcessEnv, permissions: Permissions): NodeJS.ProcessEnv {
  const reads = (name: string | symbol): name is string => typeof name === 'string' && isGranted(permissions, name)
  return new Proxy<NodeJS.ProcessEnv>(
    {},
    {
      get: (_, name) => (reads(name) ? environment[name] : undefined),
      has: (_, name) => reads(name) && name in environment,
      // A child of this process would not get it, and nothing here may read it.
      set: (_, name, value: string) => {
        if (reads(name)) environment[name] = value
        return true
      },
      deleteProperty: (_, name) => {
        if (reads(name)) delete environment[name]
        return true
      },
      ownKeys: () => [],
    },
  )
}
