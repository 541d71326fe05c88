/** The runtime colours what it logs. */
const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/**
 * What onnxruntime says, as one sentence for a stranger: without its codes, without the source files and
 * functions it names, and without paths of this machine.
 */
export function runtimeSentence(error: unknown): string {
  const noise = error instanceof Error ? error.message : String(error);
  const sentence = noise
    .replaceAll(colour, '')
    .replaceAll(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, '')
    .replaceAll(/\S*onnxruntime_src\S*\.(cc|h):\d+ /g, '')
    .replaceAll(/\bonnxruntime::\S+\([^)]*\)(::<lambda\(\)>)?( const)? /g, '')
    .replaceAll(/(^|[\s"'(])\/[^\s"':)]+/g, '$1a file')
    .split('\n', 1)[0]!
    .trim();
  if (sentence === '') return 'The runtime gave no reason.';
  const cut = sentence.length > 300 ? `${sentence.slice(0, 299)}…` : sentence;
  return /[.!?…]$/.test(cut) ? cut : `${cut}.`;
}
