import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

// Halves the start of every command. In the user's own folder: a shared one would let others hand us code.
enableCompileCache(path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'segserve', 'compiled'));

const { realContext } = await import('./realContext.ts');
const { run } = await import('./run.ts');

// `segserve models list | head -1`: the reader has left, which is no mistake of ours. Other errors reach whoever wrote.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

process.exitCode = await run(process.argv.slice(2), realContext());
// Native parts may leave a handle behind; whoever waits for this command must not wait for that.
setTimeout(() => process.exit(), 2000).unref();
