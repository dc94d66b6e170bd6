// Is told to come back in a second, as a busy provider says it; then it answers.
if (process.env.SOAR_ATTEMPT === '1') {
  console.error('HTTP 429 Too Many Requests\nretry after 1s');
  process.exit(1);
}
console.log(`The answer, in execution ${process.env.SOAR_ATTEMPT}.`);
