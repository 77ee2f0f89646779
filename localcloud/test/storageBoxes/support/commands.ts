// What is typed at the machine that uses the box, in bash.

export const options = "-o StrictHostKeyChecking=accept-new -o ConnectTimeout=5 -o LogLevel=ERROR";
export const password = (text: string) =>
  `export SSH_ASKPASS=/root/askpass SSH_ASKPASS_REQUIRE=force SECRET='${text}';`;
export const name = (username: string) => `${username}@${username}.your-storagebox.de`;
export const byPassword = "-o BatchMode=no -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1";
export const sftp = (username: string, commands: string, more = "-i /root/key -o BatchMode=yes", port = 22) =>
  `printf '${commands}' | sftp ${options} ${more} -P ${port} -b - ${name(username)}`;
export const ssh = (username: string, command: string, more = "-i /root/key -o BatchMode=yes") =>
  `ssh ${options} ${more} -p 23 ${name(username)} ${command}`;
