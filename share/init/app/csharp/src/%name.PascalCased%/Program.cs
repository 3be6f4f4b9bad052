using Amazon.CDK;

namespace %name.PascalCased%
{
    sealed class Program
    {
        public static void Main(string[] args)
        {
            var app = new App();
            new %name.PascalCased%Stack(app, "%stackname%", new StackProps
            {
                // As it stands the stack can be deployed to any account and
                // region, but it cannot look anything up there. Choose one of
                // these to tie it to a place:

                // the account and region of your AWS profile
                // Env = new Amazon.CDK.Environment
                // {
                //     Account = System.Environment.GetEnvironmentVariable("CDK_DEFAULT_ACCOUNT"),
                //     Region = System.Environment.GetEnvironmentVariable("CDK_DEFAULT_REGION"),
                // },

                // one account and region, whoever deploys
                // Env = new Amazon.CDK.Environment
                // {
                //     Account = "123456789012",
                //     Region = "us-east-1",
                // },
            });
            app.Synth();
        }
    }
}
