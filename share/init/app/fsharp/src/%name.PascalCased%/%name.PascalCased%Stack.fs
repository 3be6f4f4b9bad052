namespace %name.PascalCased%

open Amazon.CDK
// open Amazon.CDK.AWS.SQS

type %name.PascalCased%Stack(scope, id, props) as this =
    inherit Stack(scope, id, props)

    // Resources go here, for example:
    // do Queue(this, "%name.PascalCased%Queue", QueueProps(VisibilityTimeout = Duration.Seconds(300.))) |> ignore
