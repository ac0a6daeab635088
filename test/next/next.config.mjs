export default {
  serverExternalPackages: ['promhive'],
  ...(process.env.OUTPUT === 'standalone' && {
    output: 'standalone',
    outputFileTracingIncludes: { '/*': ['./node_modules/promhive/**/*'] },
  }),
  // This folder is inside another package, which has a lock file as well.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
}
